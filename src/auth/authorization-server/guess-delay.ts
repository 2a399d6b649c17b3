/** Slows the guessing of client secrets: the answer to a wrong one is held back, longer each time (ASVS 6.3, row F19). */
import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../protocol/clock.js';

const FREE = 3;
const STEP_MS = 100;
const MOST_MS = 5000;
const FORGET_MS = 600_000;
const MOST = 10_000;

@Injectable()
export class GuessDelay {
  readonly #wrong = new Map<string, { count: number; at: number }>();

  constructor(@Inject(Clock) private readonly clock: Clock) {}

  /** Resolves when the answer to a wrong secret may go out. */
  async afterWrong(clientId: string, address: string): Promise<void> {
    const key = JSON.stringify([clientId, address]);
    const now = this.clock.now();
    const known = this.#wrong.get(key);
    const count = known && now - known.at < FORGET_MS ? known.count + 1 : 1;
    this.#wrong.delete(key);
    this.#wrong.set(key, { count, at: now });
    const [oldest] = this.#wrong.keys();
    if (this.#wrong.size > MOST && oldest !== undefined) this.#wrong.delete(oldest);
    if (count > FREE) await wait(Math.min(MOST_MS, STEP_MS * 2 ** Math.min(count - FREE - 1, 10)), undefined, { ref: false });
  }
}
