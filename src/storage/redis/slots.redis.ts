/** Slots that all processes share: each is a lease that its process renews. While Redis is away each process counts for itself. */
import { z } from 'zod';
import { SLOT_TTL_MS, type SlotRule, type Slots } from '../../limits/slots.port.js';
import type { Log } from '../../observability/log.js';
import { StorageUnavailable } from '../../protocol/storage-unavailable.js';
import { script, type RedisConnection } from './redis-connection.js';

// A holder is named by the microsecond in which it came, so that names sort by age. Scores are when leases run out.
const TAKE = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local most, ttl = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local held = redis.call('ZCARD', KEYS[1])
if held >= most then
  if ARGV[3] == 'reject' then return false end
  local holders = redis.call('ZRANGE', KEYS[1], 0, -1)
  table.sort(holders)
  for index = 1, held - most + 1 do
    redis.call('ZREM', KEYS[1], holders[index])
    redis.call('ZADD', KEYS[2], now + ttl * 2, holders[index])
    redis.call('PUBLISH', ARGV[4], holders[index])
  end
  redis.call('PEXPIRE', KEYS[2], ttl * 2)
end
local holder = string.format('%s%06d:%s', time[1], time[2], ARGV[5])
redis.call('ZADD', KEYS[1], now + ttl, holder)
redis.call('PEXPIRE', KEYS[1], ttl * 2)
return holder
`);

// A Redis that forgot everything is told again; only who was put out stays out.
const RENEW = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ttl = tonumber(ARGV[1])
local lost = {}
for index = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[2], ARGV[index]) then lost[#lost + 1] = ARGV[index]
  else redis.call('ZADD', KEYS[1], now + ttl, ARGV[index]) end
end
redis.call('PEXPIRE', KEYS[1], ttl * 2)
return lost
`);

const RELEASE = script(`return redis.call('ZREM', KEYS[1], ARGV[1])`);

const HELD = script(`
local time = redis.call('TIME')
return redis.call('ZCOUNT', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), '+inf')
`);

const holderShape = z.string().nullable();
const holdersShape = z.array(z.string());

const LOST_CHANNEL = 'gatehouse:slots:lost';

interface Lease {
  keys: [string, string];
  whenLost: () => void;
}

export class RedisSlots implements Slots {
  readonly #leases = new Map<string, Lease>();
  readonly #timer: NodeJS.Timeout;
  #taken = 0;

  private constructor(
    private readonly redis: RedisConnection, private readonly local: Slots, private readonly node: string, private readonly log: Log, private readonly ttlMs: number,
  ) {
    this.#timer = setInterval(() => void this.#renewAll(), ttlMs / 3).unref();
  }

  /**
   * Close with `close()`.
   *
   * @param local holds while Redis is away. @param node names this process and no other.
   */
  static async open(redis: RedisConnection, local: Slots, node: string, log: Log, ttlMs = SLOT_TTL_MS): Promise<RedisSlots> {
    const slots = new RedisSlots(redis, local, node, log, ttlMs);
    await redis.listen(LOST_CHANNEL, (holder) => slots.#lose(holder));
    return slots;
  }

  async take(rule: SlotRule, key: string, whenLost: () => void): Promise<(() => void) | undefined> {
    const keys = keysOf(rule, key);
    try {
      const holder = holderShape.parse(await this.redis.run(TAKE, keys, [rule.most, this.ttlMs, rule.whenFull, LOST_CHANNEL, `${this.node}.${++this.#taken}`]));
      if (holder === null) return undefined;
      this.#leases.set(holder, { keys, whenLost });
      return () => this.#release(holder);
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
      return this.local.take(rule, key, whenLost);
    }
  }

  async held(rule: SlotRule, key: string): Promise<number> {
    return z.number().parse(await this.redis.run(HELD, [keysOf(rule, key)[0]], []));
  }

  /** Gives back what this process holds. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.allSettled([...this.#leases].map(([holder, { keys }]) => this.redis.run(RELEASE, [keys[0]], [holder])));
    this.#leases.clear();
  }

  #release(holder: string): void {
    const lease = this.#leases.get(holder);
    if (!lease) return;
    this.#leases.delete(holder);
    // A lease that cannot be given back now runs out by itself.
    this.redis.run(RELEASE, [lease.keys[0]], [holder]).catch((error: unknown) => this.#report(error));
  }

  #lose(holder: string): void {
    const lease = this.#leases.get(holder);
    if (!lease) return;
    this.#leases.delete(holder);
    lease.whenLost();
  }

  async #renewAll(): Promise<void> {
    const byKey = Map.groupBy(this.#leases, ([, { keys }]) => keys[0]);
    for (const leases of byKey.values()) {
      const [first] = leases;
      if (!first) continue;
      try {
        const lost = holdersShape.parse(await this.redis.run(RENEW, first[1].keys, [this.ttlMs, ...leases.map(([holder]) => holder)]));
        for (const holder of lost) this.#lose(holder);
      } catch (error) {
        this.#report(error);
        return;
      }
    }
  }

  #report(error: unknown): void {
    if (!(error instanceof StorageUnavailable)) this.log.error('slots.failed', { err: error });
  }
}

// The braces keep both on one node of a Redis Cluster.
function keysOf({ name }: SlotRule, key: string): [string, string] {
  return [`gatehouse:slots:{${name}:${key}}`, `gatehouse:slots:{${name}:${key}}:lost`];
}
