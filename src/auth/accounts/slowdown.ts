/** Slows guessing down: who fails often waits longer each time (reliability row F13). Holds a bounded number of keys. */

/** How patient a slowdown is. */
export interface Patience {
  /** So many attempts in a row cost nothing. */
  readonly free: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** A key without attempts for this long is forgotten. */
  readonly forgetMs: number;
  readonly maxKeys: number;
}

interface Attempts {
  count: number;
  notBefore: number;
  lastAt: number;
}

export class Slowdown {
  // In order of the last attempt: the first key is the one to forget.
  readonly #keys = new Map<string, Attempts>();

  constructor(private readonly patience: Patience, private readonly now: () => number) {}

  /** Milliseconds to wait before the next attempt may be made; 0 for none. Counts nothing. */
  waitMs(key: string): number {
    return Math.max(0, (this.#find(key)?.notBefore ?? 0) - this.now());
  }

  /**
   * Counts an attempt before its outcome is known, so that a hundred at once are not all the first. Zero lets it pass;
   * else the milliseconds to wait, and the attempt is not counted: waiting does not grow by knocking.
   */
  begin(key: string): number {
    const wait = this.waitMs(key);
    if (wait > 0) return wait;
    const { free, firstWaitMs, longestWaitMs, maxKeys } = this.patience;
    const count = (this.#find(key)?.count ?? 0) + 1;
    const now = this.now();
    const pause = count < free ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.min(count - free, 30));
    this.#keys.delete(key);
    this.#keys.set(key, { count, notBefore: now + pause, lastAt: now });
    if (this.#keys.size > maxKeys) this.#forgetOldest();
    return 0;
  }

  /** The attempt was honest: nothing of the key is remembered. */
  forgive(key: string): void {
    this.#keys.delete(key);
  }

  /** The attempt was honest, but others of the same key may not have been: only this one is taken back. */
  takeBack(key: string): void {
    const attempts = this.#find(key);
    if (!attempts) return;
    attempts.count = Math.max(0, attempts.count - 1);
    attempts.notBefore = 0;
  }

  get size(): number {
    return this.#keys.size;
  }

  #find(key: string): Attempts | undefined {
    const attempts = this.#keys.get(key);
    if (!attempts || attempts.lastAt + this.patience.forgetMs > this.now()) return attempts;
    this.#keys.delete(key);
    return undefined;
  }

  #forgetOldest(): void {
    for (const key of this.#keys.keys()) {
      this.#keys.delete(key);
      return;
    }
  }
}
