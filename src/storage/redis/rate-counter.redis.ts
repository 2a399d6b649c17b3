/** Windows that all processes share. While Redis is away each process counts for itself (promise P11). */
import { z } from 'zod';
import type { RateCounter, RateRule, Taken } from '../../limits/rate-counter.port.js';
import { StorageUnavailable } from '../../protocol/storage-unavailable.js';
import { script, type RedisConnection } from './redis-connection.js';

// The window is timed by Redis, so that processes with different clocks agree on it.
const TAKE = script(`
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[2])
  redis.call('PEXPIRE', KEYS[1], left)
end
if count > tonumber(ARGV[1]) then redis.call('DECR', KEYS[1]) end
return { count, left }
`);
const RESET = script(`return redis.call('DEL', KEYS[1])`);

const reply = z.tuple([z.number(), z.number()]);

export class RedisRateCounter implements RateCounter {
  /** @param local counts while Redis is away. */
  constructor(private readonly redis: RedisConnection, private readonly local: RateCounter) {}

  async take(rule: RateRule, key: string): Promise<Taken> {
    try {
      const [count, resetMs] = reply.parse(await this.redis.run(TAKE, [keyOf(rule, key)], [rule.most, rule.windowMs]));
      return { taken: count <= rule.most, left: Math.max(0, rule.most - count), resetMs };
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      return this.local.take(rule, key);
    }
  }

  async reset(rule: RateRule, key: string): Promise<void> {
    await Promise.all([this.redis.run(RESET, [keyOf(rule, key)], []), this.local.reset(rule, key)]);
  }
}

function keyOf({ name }: RateRule, key: string): string {
  return `gatehouse:rate:${name}:${key}`;
}
