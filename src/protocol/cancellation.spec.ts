/** Promise P2: a wish to stop is heard once by everybody who listens, whenever they began to. */
import { describe, expect, it, vi } from 'vitest';
import { Cancellation, type CancelReason } from './cancellation.js';

const listener = (): ReturnType<typeof vi.fn<(reason: CancelReason) => void>> => vi.fn<(reason: CancelReason) => void>();

describe('a call that is asked to stop', () => {
  it('hears the first reason, once, and keeps it', () => {
    const cancellation = new Cancellation();
    const [one, other] = [listener(), listener()];
    cancellation.onCancel(one);
    cancellation.onCancel(other);
    expect(cancellation.reason).toBeUndefined();
    cancellation.cancel('caller');
    cancellation.cancel('drain');
    expect(cancellation.reason).toBe('caller');
    for (const heard of [one, other]) expect(heard.mock.calls).toEqual([['caller']]);
  });

  it('hears it also where it listens only afterwards', () => {
    const cancellation = new Cancellation();
    cancellation.cancel('deadline');
    const late = listener();
    cancellation.onCancel(late);
    expect(late.mock.calls).toEqual([['deadline']]);
  });

  it('may stop in silence', () => {
    expect(() => new Cancellation().cancel('drain')).not.toThrow();
  });

  it('hears it once where a listener wishes the same again', () => {
    const cancellation = new Cancellation();
    const heard = listener();
    cancellation.onCancel(() => cancellation.cancel('drain'));
    cancellation.onCancel(heard);
    cancellation.cancel('disconnect');
    expect(heard.mock.calls).toEqual([['disconnect']]);
  });
});

describe('its signal', () => {
  it.each<[string, (cancellation: Cancellation) => AbortSignal]>([
    ['asked for before', (cancellation) => {
      const { signal } = cancellation;
      expect(signal.aborted).toBe(false);
      cancellation.cancel('session_ended');
      return signal;
    }],
    ['asked for afterwards', (cancellation) => {
      cancellation.cancel('session_ended');
      return cancellation.signal;
    }],
  ])('fires with the reason where it was %s', (_, signalOf) => {
    const cancellation = new Cancellation();
    const signal = signalOf(cancellation);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ name: 'AbortError', message: 'session_ended' });
    expect(cancellation.signal).toBe(signal);
  });
});
