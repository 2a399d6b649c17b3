/** Remembers what was redeemed until it is worth nothing anyway, so that single use stays single (row C12, promise P7). */
import { fault } from '../../protocol/faults.js';

const RETRY_AFTER_SECONDS = 5;

export class Redeemed {
  /** Ids with the time until which they are worth something, oldest first. */
  readonly #until = new Map<string, number>();

  /** @param most how many ids are remembered at a time. */
  constructor(private readonly most: number) {}

  /**
   * Redeems an id that is good until `until`; both times in milliseconds since the epoch. Throws `state_refused` for
   * one that was redeemed, and `overloaded` where there is no room: forgetting one early would let it be replayed.
   */
  redeem(id: string, until: number, now: number): void {
    for (const [old, over] of this.#until) {
      if (over > now) break;
      this.#until.delete(old);
    }
    if (this.#until.has(id)) throw fault('state_refused', { detail: 'replayed' });
    if (this.#until.size >= this.most) throw fault('overloaded', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    this.#until.set(id, until);
  }
}
