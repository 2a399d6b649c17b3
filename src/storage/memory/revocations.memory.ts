/** Revocations in this process: for tests, and for servers that keep nothing. */
import type { Revocations } from '../../auth/revocations.port.js';
import type { Clock } from '../../protocol/clock.js';

export class MemoryRevocations implements Revocations {
  readonly #grants = new Map<string, number>();
  #generation = 1;

  constructor(private readonly clock: Clock) {}

  async revokeGrant(grantId: string, until: number): Promise<void> {
    this.#grants.set(grantId, Math.max(until, this.#grants.get(grantId) ?? until));
    await this.touch();
  }

  async isGrantRevoked(grantId: string): Promise<boolean> {
    return (this.#grants.get(grantId) ?? Number.NEGATIVE_INFINITY) >= this.clock.now();
  }

  async generation(): Promise<number> {
    return this.#generation;
  }

  async touch(): Promise<void> {
    this.#generation += 1;
  }

  async purge(now: number): Promise<void> {
    for (const [grantId, until] of this.#grants) if (until < now) this.#grants.delete(grantId);
  }
}
