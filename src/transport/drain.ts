/** Ends a process without losing an answer: new work is refused, running calls finish, streams end as their revision says. */
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Log } from '../observability/log.js';
import { Readiness } from '../observability/readiness.js';
import type { Cancellation } from '../protocol/cancellation.js';
import { fault } from '../protocol/faults.js';

const RETRY_AFTER_SECONDS = 1;

@Injectable()
export class Drain {
  readonly #running = new Set<Cancellation>();
  #idle: (() => void) | undefined;

  constructor(private readonly readiness: Readiness, private readonly settings: Settings, private readonly log: Log) {}

  /** How many calls run. */
  get running(): number {
    return this.#running.size;
  }

  /** Throws `draining` once the end has begun. */
  refuseNewWork(): void {
    if (this.readiness.draining) throw fault('draining', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** Counts a call until the returned function is called. Throws `draining`. */
  begin(cancellation: Cancellation): () => void {
    this.refuseNewWork();
    this.#running.add(cancellation);
    return () => {
      this.#running.delete(cancellation);
      if (this.#running.size === 0) this.#idle?.();
    };
  }

  /**
   * Waits for running calls, at most `drainSeconds`; what still runs then is cancelled and answered so.
   *
   * @param endStreams ends the streams that wait for news rather than for an answer.
   */
  async run(endStreams: () => void): Promise<void> {
    this.readiness.drain();
    this.log.info('drain.started', { running: this.#running.size });
    await delay(this.settings.drainCloseDelayMs);
    endStreams();
    const finished = await this.#settled(this.settings.drainSeconds * 1000);
    if (!finished) {
      this.log.warn('drain.cancelled', { running: this.#running.size });
      for (const cancellation of this.#running) cancellation.cancel('drain');
      await this.#settled(LAST_ANSWERS_MS);
    }
    this.log.info('drain.finished', { running: this.#running.size });
  }

  /** Stops waiting: running calls are cancelled now. */
  hasten(): void {
    for (const cancellation of this.#running) cancellation.cancel('drain');
  }

  #settled(withinMs: number): Promise<boolean> {
    if (this.#running.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.#idle = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

// Time for cancelled calls to answer that they were.
const LAST_ANSWERS_MS = 1000;

function delay(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, ms));
}
