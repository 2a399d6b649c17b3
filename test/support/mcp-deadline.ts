/** Waiting in tests: for an event, never for a time; whoever waits in vain is told for what. */
import { setTimeout as pause } from 'node:timers/promises';

/** Generous: only a test that fails ever waits so long. */
export const DEADLINE_MS = 8000;
const POLL_MS = 10;

/** The promise, or an error that names what did not happen. */
export async function within<T>(promise: PromiseLike<T>, what: string, milliseconds: number = DEADLINE_MS): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`After ${milliseconds} ms still waiting for ${what}`)), milliseconds);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves once the condition holds; for what can only be looked at, not listened to. */
export async function eventually(condition: () => boolean | Promise<boolean>, what: string, milliseconds: number = DEADLINE_MS): Promise<void> {
  const end = performance.now() + milliseconds;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`After ${milliseconds} ms still waiting for ${what}`);
    await pause(POLL_MS);
  }
}

/** Collects what arrives, in order, and lets a test wait for it. */
export class Inbox<T> {
  readonly items: T[] = [];
  readonly #waiting = new Set<() => void>();

  put(item: T): void {
    this.items.push(item);
    for (const look of this.#waiting) look();
  }

  /** All items, once they satisfy the condition. */
  async until(satisfied: (items: readonly T[]) => boolean, what: string, milliseconds: number = DEADLINE_MS): Promise<readonly T[]> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (satisfied(this.items)) resolve();
    };
    this.#waiting.add(look);
    look();
    try {
      await within(promise, what, milliseconds);
      return this.items;
    } finally {
      this.#waiting.delete(look);
    }
  }

  /** The first item that fits, now or later. */
  async first(fits: (item: T) => boolean, what: string, milliseconds: number = DEADLINE_MS): Promise<T> {
    await this.until((items) => items.some(fits), what, milliseconds);
    const found = this.items.find(fits);
    if (found === undefined) throw new Error(`${what} went missing`);
    return found;
  }
}
