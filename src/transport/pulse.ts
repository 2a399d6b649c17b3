/** One timer for all streams: it beats those that were quiet and cuts those that nobody reads. */
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';

/** A stream under the pulse. Times are those of `performance.now()`. */
export interface Beating {
  /** Called about once a second. */
  tick(now: number): void;
}

const TICK_MS = 1000;

@Injectable()
export class Pulse implements OnModuleDestroy {
  readonly #streams = new Set<Beating>();
  readonly #tickMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: Settings) {
    this.#tickMs = Math.min(TICK_MS, settings.heartbeatMs / 2, settings.streamStallMs / 2);
  }

  /** How many streams are open. */
  get count(): number {
    return this.#streams.size;
  }

  add(stream: Beating): void {
    this.#streams.add(stream);
    this.#timer ??= setInterval(() => this.#tick(), this.#tickMs).unref();
  }

  delete(stream: Beating): void {
    this.#streams.delete(stream);
  }

  #tick(): void {
    const now = performance.now();
    for (const stream of this.#streams) stream.tick(now);
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }
}
