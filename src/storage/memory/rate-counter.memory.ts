/** Windows of this process: for one node, for tests, and for as long as the shared store is away. */
import type { RateCounter, RateRule, Taken } from '../../limits/rate-counter.port.js';
import type { Clock } from '../../protocol/clock.js';

interface Window {
  left: number;
  readonly endsAt: number;
}

// About 10 MB. Beyond it the oldest window is given up: whoever comes from so many addresses is not stopped by counting them.
const MOST_WINDOWS = 50_000;

export class MemoryRateCounter implements RateCounter {
  /** In the order in which they began. */
  readonly #windows = new Map<string, Window>();

  constructor(private readonly clock: Clock, private readonly mostWindows = MOST_WINDOWS) {}

  async take(rule: RateRule, key: string): Promise<Taken> {
    const now = this.clock.now();
    const window = this.#windowOf(rule, key, now);
    const taken = window.left > 0;
    if (taken) window.left--;
    return { taken, left: window.left, resetMs: window.endsAt - now };
  }

  async reset({ name }: RateRule, key: string): Promise<void> {
    this.#windows.delete(`${name} ${key}`);
  }

  #windowOf({ name, most, windowMs }: RateRule, key: string, now: number): Window {
    const id = `${name} ${key}`;
    const known = this.#windows.get(id);
    if (known && known.endsAt > now) return known;
    this.#windows.delete(id);
    const [oldest] = this.#windows.size >= this.mostWindows ? this.#windows.keys() : [];
    if (oldest !== undefined) this.#windows.delete(oldest);
    const window = { left: most, endsAt: now + windowMs };
    this.#windows.set(id, window);
    return window;
  }
}
