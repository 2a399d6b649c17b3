/** Row B13: at most four notices per second and kind, and never without the last state. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChangeFeed, notificationOf, type Change } from './change-feed.js';

let feed: ChangeFeed;
let told: { change: Change; at: number }[];

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  feed = new ChangeFeed();
  told = [];
  feed.subscribe((change) => told.push({ change, at: Date.now() }));
});
afterEach(() => {
  feed.onModuleDestroy();
  vi.useRealTimers();
});

function timesOf(kind: Change['kind']): number[] {
  return told.filter(({ change }) => change.kind === kind).map(({ at }) => at);
}

describe('changes are told of at once, and at most four times a second (B13)', () => {
  it('tells of a single change at once, and of nothing more', () => {
    feed.announce({ kind: 'tools' });
    vi.advanceTimersByTime(5000);
    expect(timesOf('tools')).toEqual([0]);
  });

  it('tells of a thousand changes in a second by four notices, and of the last one after it', () => {
    for (let ms = 0; ms < 1000; ms++) {
      feed.announce({ kind: 'tools' });
      vi.advanceTimersByTime(1);
    }
    expect(timesOf('tools').filter((at) => at < 1000)).toEqual([0, 250, 500, 750]);
    vi.advanceTimersByTime(5000);
    expect(timesOf('tools').at(-1)).toBe(1000);
    expect(timesOf('tools')).toHaveLength(5);
  });

  it('never tells more than four times in any second, however changes come', () => {
    let seed = 7;
    for (let step = 0; step < 2000; step++) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      if (seed % 3 > 0) feed.announce({ kind: 'prompts' });
      vi.advanceTimersByTime(seed % 60);
    }
    const times = timesOf('prompts');
    for (const [index, at] of times.entries()) expect((times[index + 4] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(1000);
  });

  it('tells of the last state after each burst', () => {
    for (const changes of [1, 2, 3, 50]) {
      for (let change = 0; change < changes; change++) feed.announce({ kind: 'tools' });
      const last = Date.now();
      vi.advanceTimersByTime(1000);
      expect(timesOf('tools').at(-1)).toBeGreaterThanOrEqual(last);
    }
  });

  it('holds each kind and each resource against its own measure', () => {
    for (let round = 0; round < 3; round++) {
      for (const kind of ['tools', 'prompts', 'resources'] as const) feed.announce({ kind });
      for (const uri of ['x://a', 'x://b']) feed.announce({ kind: 'resource', uri });
    }
    expect(told.map(({ change }) => change)).toEqual([
      { kind: 'tools' }, { kind: 'prompts' }, { kind: 'resources' }, { kind: 'resource', uri: 'x://a' }, { kind: 'resource', uri: 'x://b' },
    ]);
    vi.advanceTimersByTime(250);
    expect(told).toHaveLength(10);
    vi.advanceTimersByTime(5000);
    expect(told).toHaveLength(10);
  });

  it('keeps a bounded memory of recent changes and tells of the rest at once (P4)', () => {
    for (let index = 0; index < 10_050; index++) feed.announce({ kind: 'resource', uri: `x://${index}` });
    expect(told).toHaveLength(10_050);
    expect(vi.getTimerCount()).toBe(10_000);
  });
});

describe('whoever listens', () => {
  it('hears nothing more once it stopped, even in the midst of an announcement', () => {
    const heard: string[] = [];
    const stop = feed.subscribe(() => {
      heard.push('once');
      stop();
    });
    feed.announce({ kind: 'tools' });
    feed.announce({ kind: 'prompts' });
    expect(heard).toEqual(['once']);
    expect(told).toHaveLength(2);
  });

  it('hears nothing after the end, and no timer is left', () => {
    feed.announce({ kind: 'tools' });
    feed.announce({ kind: 'tools' });
    feed.onModuleDestroy();
    vi.advanceTimersByTime(5000);
    expect(timesOf('tools')).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a change has one notification on every revision', () => {
  it.each<[Change, string, object]>([
    [{ kind: 'tools' }, 'notifications/tools/list_changed', {}],
    [{ kind: 'prompts' }, 'notifications/prompts/list_changed', {}],
    [{ kind: 'resources' }, 'notifications/resources/list_changed', {}],
    [{ kind: 'resource', uri: 'x://a' }, 'notifications/resources/updated', { uri: 'x://a' }],
  ])('%o is %s', (change, method, params) => {
    expect(notificationOf(change)).toEqual({ method, params });
  });
});
