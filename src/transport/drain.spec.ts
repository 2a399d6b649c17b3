/** Row J7 and promise P12: running calls finish or get their answer, new ones are refused, nothing waits for ever. */
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settingsFrom } from '../config/load.js';
import { Log } from '../observability/log.js';
import { Readiness } from '../observability/readiness.js';
import { Cancellation } from '../protocol/cancellation.js';
import { CallLimit } from './call-limit.js';
import { Drain } from './drain.js';

let readiness: Readiness;
let lines: string[];

beforeEach(() => {
  vi.useFakeTimers();
  readiness = new Readiness();
  readiness.opened();
  lines = [];
});
afterEach(() => {
  vi.useRealTimers();
});

function make(settings: Record<string, unknown> = {}): Drain {
  const all = settingsFrom({ drainSeconds: 25, ...settings });
  return new Drain(readiness, new CallLimit(all), all, new Log(pino({ base: null, messageKey: 'event' }, { write: (line) => lines.push(line) })));
}

/** Begins to drain and says when that is over. */
function begin(drain: Drain): { endStreams: () => void; over: () => boolean } {
  let over = false;
  const endStreams = vi.fn<() => void>();
  void drain.run(endStreams).finally(() => {
    over = true;
  });
  return { endStreams, over: () => over };
}

describe('a server that ends', () => {
  it('is no longer ready at once, and refuses new work with 503 and Retry-After', () => {
    const drain = make();
    drain.refuseNewWork();
    begin(drain);
    expect(readiness.state).toBe('draining');
    for (const attempt of [() => drain.refuseNewWork(), () => drain.begin(new Cancellation(), undefined)]) {
      expect(attempt).toThrow(expect.objectContaining({ fault: 'draining', row: expect.objectContaining({ http: 503 }), retryAfterSeconds: 1 }));
    }
    expect(drain.running).toBe(0);
  });

  it('is done at once where nothing runs', async () => {
    const { over } = begin(make());
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
  });

  it('keeps its port open for a moment first, so that a load balancer notices', async () => {
    const { endStreams, over } = begin(make({ drainCloseDelayMs: 5000 }));
    await vi.advanceTimersByTimeAsync(4999);
    expect([readiness.draining, endStreams, over()]).toEqual([true, expect.toSatisfy((spy: typeof endStreams) => !vi.mocked(spy).mock.calls.length), false]);
    await vi.advanceTimersByTimeAsync(1);
    expect(endStreams).toHaveBeenCalledOnce();
    expect(over()).toBe(true);
  });

  it('waits for running calls and does not touch them', async () => {
    const drain = make();
    const calls = [new Cancellation(), new Cancellation()];
    const [first, second] = calls.map((call) => drain.begin(call, undefined));
    const { endStreams, over } = begin(drain);
    await vi.advanceTimersByTimeAsync(10_000);
    first?.();
    first?.();
    await vi.advanceTimersByTimeAsync(10_000);
    expect([over(), drain.running, calls.map(({ reason }) => reason)]).toEqual([false, 1, [undefined, undefined]]);
    expect(endStreams).toHaveBeenCalledOnce();
    second?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('cancels at its limit what still runs, and waits for those answers', async () => {
    const drain = make();
    const call = new Cancellation();
    const done = drain.begin(call, undefined);
    const { over } = begin(drain);
    await vi.advanceTimersByTimeAsync(24_999);
    expect(call.reason).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect([call.reason, over()]).toEqual(['drain', false]);
    done();
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['drain.started', 'drain.cancelled', 'drain.finished']);
  });

  it('does not wait for ever for a call that ignores everything', async () => {
    const drain = make();
    drain.begin(new Cancellation(), undefined);
    const { over } = begin(drain);
    await vi.advanceTimersByTimeAsync(26_000);
    expect([over(), drain.running]).toEqual([true, 1]);
  });

  it('hastens when it is told a second time (J8)', async () => {
    const drain = make();
    const call = new Cancellation();
    const done = drain.begin(call, undefined);
    call.onCancel(done);
    const { over } = begin(drain);
    await vi.advanceTimersByTimeAsync(1000);
    drain.hasten();
    await vi.advanceTimersByTimeAsync(0);
    expect([call.reason, over()]).toEqual(['drain', true]);
  });

  it('does not wait for the load balancer when it is hastened (J8)', async () => {
    const drain = make({ drainCloseDelayMs: 60_000 });
    const { over } = begin(drain);
    await vi.advanceTimersByTimeAsync(1000);
    drain.hasten();
    await vi.advanceTimersByTimeAsync(0);
    expect(over()).toBe(true);
  });
});
