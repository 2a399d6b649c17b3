/** What every RateCounter and every Slots promises. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RateCounter, RateRule } from '../../src/limits/rate-counter.port.js';
import type { SlotRule, Slots } from '../../src/limits/slots.port.js';
import { until } from '../support/http-deadline.js';

/** The counters of one process. */
export interface LimitStores {
  rates: RateCounter;
  slots: Slots;
}

/** What one test works on. */
export interface LimitPlace {
  /** The counters of another process; of the same one where only one can share them. */
  open(): Promise<LimitStores>;
  /** Lets so much time pass, or passes it. */
  pass(milliseconds: number): void;
  close(): Promise<void>;
}

/** Runs the promises on one technology. */
export function describeLimits(name: string, make: () => Promise<LimitPlace>): void {
  let place: LimitPlace;
  let one: LimitStores;
  let other: LimitStores;
  let key: string;
  beforeEach(async () => {
    place = await make();
    [one, other] = [await place.open(), await place.open()];
    key = randomUUID();
  });
  afterEach(() => place.close());

  describe(`windows in ${name}`, () => {
    const rule: RateRule = { name: 'test', most: 3, windowMs: 60_000 };

    it('give so much and no more, and say what is left and how long it lasts', async () => {
      const takings = [await one.rates.take(rule, key), await one.rates.take(rule, key), await one.rates.take(rule, key), await one.rates.take(rule, key)];
      expect(takings.map(({ taken, left }) => [taken, left])).toEqual([[true, 2], [true, 1], [true, 0], [false, 0]]);
      for (const { resetMs } of takings) {
        expect(resetMs).toBeGreaterThan(0);
        expect(resetMs).toBeLessThanOrEqual(60_000);
      }
    });

    it('know keys and rules apart', async () => {
      for (let time = 0; time < 3; time++) await one.rates.take(rule, key);
      expect(await one.rates.take(rule, `${key} 2`)).toMatchObject({ taken: true, left: 2 });
      expect(await one.rates.take({ ...rule, name: 'other' }, key)).toMatchObject({ taken: true, left: 2 });
    });

    it('give everything again when their time is over, and not before', async () => {
      const short = { ...rule, windowMs: 300 };
      for (let time = 0; time < 3; time++) await one.rates.take(short, key);
      expect(await one.rates.take(short, key)).toMatchObject({ taken: false });
      place.pass(300);
      await until('the window is over', async () => (await one.rates.take(short, key)).taken);
    });

    it('are not made longer by whoever is refused', async () => {
      const first = await one.rates.take({ ...rule, most: 1 }, key);
      place.pass(10);
      for (let time = 0; time < 20; time++) expect((await one.rates.take({ ...rule, most: 1 }, key)).resetMs).toBeLessThanOrEqual(first.resetMs);
    });

    it('can be given back', async () => {
      for (let time = 0; time < 4; time++) await one.rates.take(rule, key);
      await one.rates.reset(rule, key);
      expect(await one.rates.take(rule, key)).toMatchObject({ taken: true, left: 2 });
    });

    it('are exact when two processes take at once (G4)', async () => {
      const many = { ...rule, most: 100 };
      const takings = await Promise.all(Array.from({ length: 200 }, (_, index) => (index % 2 ? one : other).rates.take(many, key)));
      expect(takings.filter(({ taken }) => taken)).toHaveLength(100);
    });
  });

  describe(`slots in ${name}`, () => {
    const rejecting: SlotRule = { name: 'test', most: 2, whenFull: 'reject' };
    const evicting: SlotRule = { ...rejecting, whenFull: 'evict-oldest' };
    const nothing = (): void => {};

    it('are refused when all are held, and free once one is given back (R43, R45)', async () => {
      const [first] = [await one.slots.take(rejecting, key, nothing), await one.slots.take(rejecting, key, nothing)];
      expect(await one.slots.take(rejecting, key, nothing)).toBeUndefined();
      expect(await one.slots.held(rejecting, key)).toBe(2);
      first?.();
      first?.();
      await until('the slot is free', async () => await one.slots.held(rejecting, key) === 1);
      expect(await one.slots.take(rejecting, key, nothing)).toBeTypeOf('function');
      expect(await one.slots.take(rejecting, key, nothing)).toBeUndefined();
    });

    it('are kept apart by key and by rule', async () => {
      for (let time = 0; time < 2; time++) await one.slots.take(rejecting, key, nothing);
      expect(await one.slots.take(rejecting, `${key} 2`, nothing)).toBeTypeOf('function');
      expect(await one.slots.take({ ...rejecting, name: 'other' }, key, nothing)).toBeTypeOf('function');
    });

    it('go from the oldest holder to the newcomer, who is told once (R47)', async () => {
      const lost = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()];
      const [first] = [await one.slots.take(evicting, key, lost[0] ?? nothing), await other.slots.take(evicting, key, lost[1] ?? nothing), await other.slots.take(evicting, key, lost[2] ?? nothing)];
      await until('the oldest holder is told', () => lost[0]?.mock.calls.length === 1);
      expect(await one.slots.held(evicting, key)).toBe(2);
      // Too late: the slot is somebody else's, and stays theirs.
      first?.();
      expect(await other.slots.held(evicting, key)).toBe(2);
      await one.slots.take(evicting, key, nothing);
      await until('the next one is told', () => lost[1]?.mock.calls.length === 1);
      expect(lost.map(({ mock }) => mock.calls.length)).toEqual([1, 1, 0]);
    });

    it('are exact when two processes take at once', async () => {
      const rule = { ...rejecting, most: 5 };
      const takings = await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? one : other).slots.take(rule, key, nothing)));
      expect(takings.filter((release) => release !== undefined)).toHaveLength(5);
      expect(await one.slots.held(rule, key)).toBe(5);
    });
  });
}
