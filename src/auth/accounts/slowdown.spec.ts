import { describe, expect, it } from 'vitest';
import { Slowdown } from './slowdown.js';

const patience = { free: 3, firstWaitMs: 1000, longestWaitMs: 60_000, forgetMs: 3_600_000, maxKeys: 100 };

function slowdown(changes: Partial<typeof patience> = {}) {
  const time = { now: 1_780_000_000_000 };
  return { time, guesses: new Slowdown({ ...patience, ...changes }, () => time.now) };
}

describe('whoever guesses waits (F13)', () => {
  it('a few attempts cost nothing, then each pause is twice the one before', () => {
    const { guesses, time } = slowdown();
    const pauses = Array.from({ length: 8 }, () => {
      expect(guesses.begin('anna')).toBe(0);
      const wait = guesses.waitMs('anna');
      time.now += wait;
      return wait;
    });
    expect(pauses).toEqual([0, 0, 1000, 2000, 4000, 8000, 16_000, 32_000]);
  });

  it('no pause is longer than the longest', () => {
    const { guesses, time } = slowdown();
    for (let attempt = 0; attempt < 50; attempt++) {
      guesses.begin('anna');
      time.now += guesses.waitMs('anna');
    }
    guesses.begin('anna');
    expect(guesses.waitMs('anna')).toBe(60_000);
  });

  it('attempts during a pause are refused and do not make it longer', () => {
    const { guesses } = slowdown({ free: 1 });
    guesses.begin('anna');
    const waits = Array.from({ length: 1000 }, () => guesses.begin('anna'));
    expect(new Set(waits)).toEqual(new Set([1000]));
  });

  it('a hundred attempts at once are counted before any of them has an outcome', () => {
    const { guesses } = slowdown();
    const passed = Array.from({ length: 100 }, () => guesses.begin('anna')).filter((wait) => wait === 0);
    expect(passed).toHaveLength(3);
  });

  it('is forgotten after success, and after a long time without attempts', () => {
    const { guesses, time } = slowdown({ free: 1 });
    guesses.begin('anna');
    guesses.forgive('anna');
    expect(guesses.waitMs('anna')).toBe(0);
    guesses.begin('anna');
    time.now += 3_600_000;
    guesses.begin('anna');
    expect(guesses.waitMs('anna')).toBe(1000);
  });

  it('one honest attempt among many takes back only itself', () => {
    const { guesses, time } = slowdown();
    for (let attempt = 0; attempt < 5; attempt++) {
      guesses.begin('office');
      time.now += guesses.waitMs('office');
    }
    guesses.begin('office');
    guesses.takeBack('office');
    expect(guesses.begin('office')).toBe(0);
    expect(guesses.waitMs('office')).toBe(8000);
  });

  it('remembers a bounded number of keys, the latest', () => {
    const { guesses } = slowdown({ free: 1 });
    for (let key = 0; key < 10_000; key++) guesses.begin(`key ${key}`);
    expect(guesses.size).toBe(100);
    expect(guesses.waitMs('key 9999')).toBe(1000);
    expect(guesses.waitMs('key 0')).toBe(0);
  });
});
