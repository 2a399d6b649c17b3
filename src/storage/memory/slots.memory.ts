/** Slots of this process: for one node, for tests, and for as long as the shared store is away. */
import type { SlotRule, Slots } from '../../limits/slots.port.js';

interface Holder {
  whenLost: () => void;
}

export class MemorySlots implements Slots {
  /** Holders in the order in which they came; an entry for each key that holds one. */
  readonly #holders = new Map<string, Set<Holder>>();

  async take({ name, most, whenFull }: SlotRule, key: string, whenLost: () => void): Promise<(() => void) | undefined> {
    const id = `${name} ${key}`;
    const holders = this.#holders.get(id) ?? new Set();
    if (holders.size >= most && whenFull === 'reject') return undefined;
    for (const oldest of [...holders].slice(0, Math.max(0, holders.size - most + 1))) {
      holders.delete(oldest);
      oldest.whenLost();
    }
    const holder = { whenLost };
    this.#holders.set(id, holders.add(holder));
    return () => {
      holders.delete(holder);
      if (holders.size === 0 && this.#holders.get(id) === holders) this.#holders.delete(id);
    };
  }

  async held({ name }: SlotRule, key: string): Promise<number> {
    return this.#holders.get(`${name} ${key}`)?.size ?? 0;
  }
}
