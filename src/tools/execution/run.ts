/** One run of a handler: ended by its result, its deadline or its cancellation, whichever comes first. */
import type { Cancellation } from '../../protocol/cancellation.js';
import { fault } from '../../protocol/faults.js';

export class Run {
  #timer: NodeJS.Timeout | undefined;
  #armedAt = 0;
  #leftMs: number;
  #pauses = 0;
  #done = false;

  /** @param timeoutMs how long the handler may work; waiting for the client does not count. */
  constructor(readonly cancellation: Cancellation, timeoutMs: number) {
    this.#leftMs = timeoutMs;
  }

  /** Milliseconds the handler may still work. */
  get leftMs(): number {
    return this.#timer ? Math.max(0, this.#leftMs - (performance.now() - this.#armedAt)) : this.#leftMs;
  }

  /**
   * The handler's result. Rejects with what it threw, with `call_too_slow` or with `call_cancelled`; a handler that
   * settles later, again or never changes nothing any more.
   *
   * @param interrupt hands out a way to end the run with a value of somebody else's.
   */
  async of(handler: () => unknown, interrupt?: (end: (value: unknown) => void) => void): Promise<unknown> {
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.cancellation.onCancel((reason) => this.#done || reject(fault(reason === 'deadline' ? 'call_too_slow' : 'call_cancelled')));
        if (this.cancellation.reason) return;
        this.#arm();
        interrupt?.(resolve);
        const result = handler();
        // Not `resolve(result)`: a pending result would lock the promise against the interruption.
        if (isThenable(result)) result.then(resolve, reject);
        else resolve(result);
      });
    } finally {
      this.#done = true;
      this.#disarm();
    }
  }

  /** Stops the clock while somebody else is waited for. */
  pause(): void {
    if (this.#pauses++ === 0) this.#disarm();
  }

  resume(): void {
    if (--this.#pauses === 0) this.#arm();
  }

  #arm(): void {
    if (this.#done) return;
    this.#armedAt = performance.now();
    this.#timer = setTimeout(() => this.cancellation.cancel('deadline'), this.#leftMs);
  }

  #disarm(): void {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#leftMs = Math.max(0, this.#leftMs - (performance.now() - this.#armedAt));
    this.#timer = undefined;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
