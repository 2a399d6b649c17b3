/**
 * Slows down who tries keys: by key id and by network. Only wrong answers wait, so that nobody can lock an owner out
 * (reliability row E12).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../protocol/clock.js';
import { fault } from '../../protocol/faults.js';
import { networkOf } from '../../limits/network.js';
import { Slowdown } from '../accounts/slowdown.js';

const PATIENCE = { free: 5, firstWaitMs: 100, longestWaitMs: 30_000, forgetMs: 600_000, maxKeys: 20_000 };
/** One answer waits no longer; whoever should wait longer is told to come back. */
const LONGEST_HOLD_MS = 1000;
/** So many answers wait at once; the rest is turned away without one. */
const MOST_HELD = 100;

export class GuessBrake {
  readonly #slowdown: Slowdown;
  #held = 0;

  constructor(clock: Clock) {
    this.#slowdown = new Slowdown(PATIENCE, () => clock.now());
  }

  /** Resolves when a wrong answer may be given. Throws `overloaded` with a time to come back while too many wait. */
  async holdBack(keyId: string | undefined, address: string): Promise<void> {
    const names = [`network ${networkOf(address)}`, ...(keyId === undefined ? [] : [`key ${keyId}`])];
    const wait = Math.max(...names.map((name) => this.#slowdown.begin(name)));
    if (wait === 0) return;
    if (this.#held >= MOST_HELD) throw fault('overloaded', { retryAfterSeconds: Math.ceil(wait / 1000), detail: { reason: 'guessing' } });
    this.#held += 1;
    try {
      await sleep(Math.min(wait, LONGEST_HOLD_MS), undefined, { ref: false });
    } finally {
      this.#held -= 1;
    }
  }
}
