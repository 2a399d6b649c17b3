/** Counters on a real Redis: what they promise everywhere, and what becomes of them when Redis or a process dies (P11). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openLog } from '../../src/observability/log.js';
import { MemoryRateCounter } from '../../src/storage/memory/rate-counter.memory.js';
import { MemorySlots } from '../../src/storage/memory/slots.memory.js';
import { RedisRateCounter } from '../../src/storage/redis/rate-counter.redis.js';
import { RedisConnection } from '../../src/storage/redis/redis-connection.js';
import { RedisSlots } from '../../src/storage/redis/slots.redis.js';
import { until } from '../support/http-deadline.js';
import { skipRedis, startRedis, type TestRedis } from '../support/redis.js';
import { random } from '../support/stores.js';
import { describeLimits, type LimitPlace, type LimitStores } from './limits.contract.js';

describe.skipIf(skipRedis)('limits in Redis', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  /** A process: its counters, and its death without a word. */
  async function openProcess(ttlMs?: number): Promise<LimitStores & { end(): Promise<void>; die(): void }> {
    const log = openLog('silent', false);
    const connection = await RedisConnection.open({ url: redis.url, timeoutMs: 1000, random, log });
    const slots = await RedisSlots.open(connection, new MemorySlots(), `node-${++nodes}`, log, ttlMs);
    return {
      rates: new RedisRateCounter(connection, new MemoryRateCounter({ now: () => Date.now() })), slots,
      end: async () => {
        await slots.close();
        connection.close();
      },
      die: () => connection.close(),
    };
  }
  let nodes = 0;

  describeLimits('Redis', async (): Promise<LimitPlace> => {
    const opened: Awaited<ReturnType<typeof openProcess>>[] = [];
    return {
      open: async () => {
        const process = await openProcess();
        opened.push(process);
        return process;
      },
      pass: () => undefined,
      close: async () => void await Promise.all(opened.map((process) => process.end())),
    };
  });

  describe('in bad times', () => {
    const rule = { name: 'slots', most: 1, whenFull: 'reject' as const };
    const rate = { name: 'rate', most: 2, windowMs: 60_000 };
    const opened: Awaited<ReturnType<typeof openProcess>>[] = [];
    const open = async (ttlMs?: number): ReturnType<typeof openProcess> => {
      const process = await openProcess(ttlMs);
      opened.push(process);
      return process;
    };
    afterEach(async () => {
      redis.thaw();
      await Promise.all(opened.splice(0).map((process) => process.end()));
    });

    it('a slot of a process that died is free again, one of a process that lives is not (G4)', async () => {
      const [dying, living, waiting] = [await open(300), await open(300), await open(300)];
      expect(await dying.slots.take(rule, 'a', () => undefined)).toBeDefined();
      expect(await living.slots.take(rule, 'b', () => undefined)).toBeDefined();
      dying.die();
      await until('the slot of the dead is free', async () => await waiting.slots.take(rule, 'a', () => undefined) !== undefined);
      expect(await waiting.slots.take(rule, 'b', () => undefined)).toBeUndefined();
    });

    it('a frozen Redis holds nobody up for long: each process counts for itself until it is back (J3)', async () => {
      const process = await open();
      expect(await process.rates.take(rate, 'frozen')).toMatchObject({ left: 1 });
      redis.freeze();
      expect([await process.rates.take(rate, 'frozen'), await process.rates.take(rate, 'frozen'), await process.rates.take(rate, 'frozen')].map(({ taken }) => taken)).toEqual([true, true, false]);
      expect(await process.slots.take(rule, 'frozen', () => undefined)).toBeDefined();
      expect(await process.slots.take(rule, 'frozen', () => undefined)).toBeUndefined();
      redis.thaw();
      const other = await open();
      // Together again: what the one takes the other sees.
      await until('both count in Redis', async () => {
        await process.rates.reset(rate, 'thawed').catch(() => undefined);
        const [first, second] = [await process.rates.take(rate, 'thawed'), await other.rates.take(rate, 'thawed')];
        return first.left === 1 && second.left === 0;
      });
    });

    it('a Redis that was killed and came back empty is counted in again, and told who holds what', async () => {
      const [one, other] = [await open(900), await open(900)];
      expect(await one.slots.take(rule, 'held', () => undefined)).toBeDefined();
      await redis.stop();
      expect(await one.rates.take(rate, 'away')).toMatchObject({ taken: true });
      await redis.start();
      await until('the slot is held again', async () => await other.slots.held(rule, 'held').catch(() => 0) === 1);
      expect(await other.slots.take(rule, 'held', () => undefined)).toBeUndefined();
    });

    it('is said in one sentence where it cannot be reached at the start, without its password', async () => {
      const connection = RedisConnection.open({ url: 'redis://anna:secret@127.0.0.1:1', timeoutMs: 100, random, log: openLog('silent', false) });
      await expect(connection).rejects.toThrow('Redis at 127.0.0.1:1 cannot be reached');
    });
  });
});
