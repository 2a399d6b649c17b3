/** Ends a process without losing an answer: new work is refused, running calls finish, streams end as their revision says. */
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Log } from '../observability/log.js';
import { Readiness } from '../observability/readiness.js';
import type { Caller } from '../protocol/caller.js';
import type { Cancellation } from '../protocol/cancellation.js';
import { fault } from '../protocol/faults.js';
import { CallLimit } from './call-limit.js';

const RETRY_AFTER_SECONDS = 1;

@Injectable()
export class Drain {
  readonly #running = new Set<Cancellation>();
  #idle: (() => void) | undefined;
  /** By when everything is over, on the clock of `performance.now()`. */
  #deadline = Number.POSITIVE_INFINITY;
  #endDelay: () => void = () => undefined;

  constructor(private readonly readiness: Readiness, private readonly limit: CallLimit, private readonly settings: Settings, private readonly log: Log) {}

  /** How many calls run. */
  get running(): number {
    return this.#running.size;
  }

  /** Throws `draining` once the end has begun. */
  refuseNewWork(): void {
    if (this.readiness.draining) throw fault('draining', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** Throws `draining`, or `calls_too_many` where the caller may not run `count` calls more. */
  assertRoom(caller: Caller, count: number): void {
    this.refuseNewWork();
    this.limit.assertRoom(caller, count);
  }

  /**
   * Counts a call until the returned function is called. Throws `draining` and `calls_too_many`.
   *
   * @param caller whose limit counts it; undefined for what is no work.
   */
  begin(cancellation: Cancellation, caller: Caller | undefined): () => void {
    this.refuseNewWork();
    const leave = caller && this.limit.enter(caller);
    this.#running.add(cancellation);
    return () => {
      leave?.();
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
    await this.#delay(this.settings.drainCloseDelayMs);
    endStreams();
    this.#deadline = Math.min(this.#deadline, performance.now() + this.settings.drainSeconds * 1000 + LAST_ANSWERS_MS);
    const finished = await this.#settled(this.settings.drainSeconds * 1000);
    if (!finished) {
      this.log.warn('drain.cancelled', { running: this.#running.size });
      for (const cancellation of this.#running) cancellation.cancel('drain');
      await this.#settled(LAST_ANSWERS_MS);
    }
    this.log.info('drain.finished', { running: this.#running.size });
  }

  /** Waits for a condition, looked at again and again, for what is left of the time to drain. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds() && performance.now() < this.#deadline) await pause(LOOK_MS);
  }

  /** Stops waiting: running calls are cancelled now. */
  hasten(): void {
    this.#deadline = Math.min(this.#deadline, performance.now() + LAST_ANSWERS_MS);
    this.#endDelay();
    for (const cancellation of this.#running) cancellation.cancel('drain');
  }

  #delay(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endDelay = () => {
        clearTimeout(timer);
        resolve();
      };
    });
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
const LOOK_MS = 20;

