/** What processes share while they run, opened together: in this process, or in Redis as `redisUrl` says. */
import type { OnApplicationShutdown } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import type { RateCounter } from '../limits/rate-counter.port.js';
import type { Slots } from '../limits/slots.port.js';
import type { Log } from '../observability/log.js';
import type { Clock, Random } from '../protocol/clock.js';
import { MemoryRateCounter } from './memory/rate-counter.memory.js';
import { MemorySlots } from './memory/slots.memory.js';

export class ClusterState implements OnApplicationShutdown {
  private constructor(readonly rates: RateCounter, readonly slots: Slots, private readonly close: () => Promise<void>) {}

  /** Throws `StorageUnavailable` where Redis is wanted and cannot be reached: a start is no time to count alone. */
  static async open({ redisUrl, redisTimeoutMs }: Settings, clock: Clock, random: Random, log: Log): Promise<ClusterState> {
    const [rates, slots] = [new MemoryRateCounter(clock), new MemorySlots()];
    if (redisUrl === undefined) return new ClusterState(rates, slots, async () => {});
    // Only now: most servers start without it.
    const { RedisState } = await import('./redis/redis-state.js');
    const shared = await RedisState.open({ url: redisUrl, timeoutMs: redisTimeoutMs, random, log }, { rates, slots }, random.bytes(9).toString('base64url'));
    return new ClusterState(shared.rates, shared.slots, () => shared.close());
  }

  /** Nest calls this hook last, when no stream is open any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}
