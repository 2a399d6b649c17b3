/** Everything that processes share in one Redis. */
import type { RateCounter } from '../../limits/rate-counter.port.js';
import type { Slots } from '../../limits/slots.port.js';
import { RedisRateCounter } from './rate-counter.redis.js';
import { RedisConnection, type RedisOptions } from './redis-connection.js';
import { RedisSlots } from './slots.redis.js';

export class RedisState {
  private constructor(readonly rates: RateCounter, readonly slots: RedisSlots, private readonly connection: RedisConnection) {}

  /**
   * Throws `StorageUnavailable` where Redis cannot be reached. Close with `close()`.
   *
   * @param local counts while Redis is away. @param node names this process and no other.
   */
  static async open(options: RedisOptions, local: { rates: RateCounter; slots: Slots }, node: string): Promise<RedisState> {
    const connection = await RedisConnection.open(options);
    return new RedisState(new RedisRateCounter(connection, local.rates), await RedisSlots.open(connection, local.slots, node, options.log), connection);
  }

  async close(): Promise<void> {
    await this.slots.close();
    this.connection.close();
  }
}
