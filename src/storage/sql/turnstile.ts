/** Lets one in at a time, in order; who waits too long is turned away. */
import { StorageUnavailable } from '../../protocol/storage-unavailable.js';

export class Turnstile {
  readonly #waiting = new Set<() => void>();
  #taken = false;

  constructor(private readonly patienceMs: number) {}

  /** Resolves once it is the caller's turn. Throws `StorageUnavailable`. */
  enter(): Promise<void> {
    if (!this.#taken) {
      this.#taken = true;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(admit);
        reject(new StorageUnavailable('The database is busy: no turn within the time allowed'));
      }, this.patienceMs);
      this.#waiting.add(admit);
    });
  }

  /** Lets the next one in. */
  leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#taken = false;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
