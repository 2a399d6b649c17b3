/** Rows D7 and D8, promises P1 and P2: a handler ends by its result, its deadline or its cancellation. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cancellation } from '../../protocol/cancellation.js';
import { Run } from './run.js';

const never = (): Promise<never> => new Promise(() => undefined);

/** A promise settled from outside. */
function deferred(): PromiseWithResolvers<string> {
  return Promise.withResolvers<string>();
}

function start(handler: () => unknown, timeoutMs = 1000): { run: Run; cancellation: Cancellation; outcome: Promise<unknown> } {
  const cancellation = new Cancellation();
  const run = new Run(cancellation, timeoutMs);
  const outcome = run.of(handler);
  outcome.catch(() => undefined);
  return { run, cancellation, outcome };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a handler that settles decides the outcome', () => {
  it('passes on what it returned, now or later', async () => {
    await expect(start(() => 'now').outcome).resolves.toBe('now');
    await expect(start(() => Promise.resolve('later')).outcome).resolves.toBe('later');
  });

  it('passes on what it threw, whatever that is (D7)', async () => {
    const thrown = (): never => {
      throw 'a bare text'; // oxlint-disable-line no-throw-literal -- the misbehaviour under test
    };
    await expect(start(thrown).outcome).rejects.toBe('a bare text');
    await expect(start(() => Promise.reject(new Error('later'))).outcome).rejects.toThrow('later');
  });

  it.each<[string, unknown]>([['null', null], ['nothing', undefined], ['an object that only looks like a promise', { then: 'later' }], ['a function', () => 'f']])('takes %s for a value', async (_, value) => { // oxlint-disable-line unicorn/no-thenable -- the value under test
    await expect(start(() => value).outcome).resolves.toBe(value);
  });

  it('takes the first settlement of one that settles twice (D7)', async () => {
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable -- the misbehaviour under test
      then(resolve: (value: string) => void, reject: (reason: Error) => void): void {
        resolve('first');
        reject(new Error('second'));
        resolve('third');
      },
    };
    await expect(start(() => thenable).outcome).resolves.toBe('first');
  });

  it('leaves no timer behind', async () => {
    await start(() => 'done').outcome;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a deadline ends a handler that does not settle (D8)', () => {
  it('rejects with call_too_slow at the deadline, not before, and fires the signal', async () => {
    const { outcome, cancellation } = start(never, 1000);
    let ended = false;
    void outcome.catch(() => {
      ended = true;
    });

    await vi.advanceTimersByTimeAsync(999);
    expect([ended, cancellation.signal.aborted]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1);
    expect([ended, cancellation.signal.aborted]).toEqual([true, true]);
    await expect(outcome).rejects.toMatchObject({ fault: 'call_too_slow' });
  });

  it('drops what such a handler yields or throws afterwards (D7)', async () => {
    const unhandled = vi.fn<(reason: unknown) => void>();
    process.on('unhandledRejection', unhandled);
    const [late, failing] = [deferred(), deferred()];
    const runs = [start(() => late.promise, 10), start(() => failing.promise, 10)];
    await vi.advanceTimersByTimeAsync(10);

    late.resolve('too late');
    failing.reject(new Error('too late'));
    await vi.advanceTimersByTimeAsync(0);
    vi.useRealTimers();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off('unhandledRejection', unhandled);

    for (const { outcome } of runs) await expect(outcome).rejects.toMatchObject({ fault: 'call_too_slow' });
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('a cancelled call stops (P2)', () => {
  it.each(['caller', 'disconnect', 'drain', 'session_ended'] as const)('rejects at once with call_cancelled when cancelled for the reason %s', async (reason) => {
    const { outcome, cancellation } = start(never);
    cancellation.cancel(reason);
    await expect(outcome).rejects.toMatchObject({ fault: 'call_cancelled' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('never starts the handler of a call that was cancelled before', async () => {
    const cancellation = new Cancellation();
    cancellation.cancel('caller');
    const handler = vi.fn<() => string>(() => 'ghost work');
    await expect(new Run(cancellation, 1000).of(handler)).rejects.toMatchObject({ fault: 'call_cancelled' });
    expect(handler).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('changes nothing once the result is there', async () => {
    const { outcome, cancellation } = start(() => 'done');
    await outcome;
    cancellation.cancel('caller');
    await expect(outcome).resolves.toBe('done');
  });
});

describe('waiting for the client does not count', () => {
  it('takes nothing off before the handler starts', async () => {
    await vi.advanceTimersByTimeAsync(7000);
    const run = new Run(new Cancellation(), 1000);
    run.pause();
    expect(run.leftMs).toBe(1000);
  });

  it('says how much time is left, down to none', async () => {
    await vi.advanceTimersByTimeAsync(7000);
    const { run } = start(never, 1000);
    expect(run.leftMs).toBeCloseTo(1000, 0);
    await vi.advanceTimersByTimeAsync(600);
    expect(run.leftMs).toBeCloseTo(400, 0);
    run.pause();
    expect(run.leftMs).toBeCloseTo(400, 0);
    run.resume();
    await vi.advanceTimersByTimeAsync(5000);
    expect(run.leftMs).toBe(0);
  });

  it('stops the clock while paused and goes on with what was left', async () => {
    const { run, outcome, cancellation } = start(never, 1000);
    await vi.advanceTimersByTimeAsync(600);
    run.pause();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(cancellation.reason).toBeUndefined();
    expect(run.leftMs).toBeCloseTo(400, 0);

    run.resume();
    await vi.advanceTimersByTimeAsync(399);
    expect(cancellation.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(2);
    await expect(outcome).rejects.toMatchObject({ fault: 'call_too_slow' });
  });

  it('goes on only when the last of several pauses ended', async () => {
    const { run, cancellation } = start(never, 100);
    run.pause();
    run.pause();
    run.resume();
    await vi.advanceTimersByTimeAsync(1000);
    expect(cancellation.reason).toBeUndefined();
    run.resume();
    await vi.advanceTimersByTimeAsync(101);
    expect(cancellation.reason).toBe('deadline');
  });

  it('arms no timer for a pause that ends after the result', async () => {
    const { run, outcome } = start(() => 'done');
    run.pause();
    await outcome;
    run.resume();
    expect(vi.getTimerCount()).toBe(0);
  });
});
