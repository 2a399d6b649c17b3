/** Where it is counted how much of something is held at the same time. */

/** So much at a time, for each key. */
export interface SlotRule {
  /** Keeps the slots of different rules apart; a word such as `streams_by_user`. */
  readonly name: string;
  readonly most: number;
  /** What a newcomer meets when all slots are held: refusal, or the place of whoever has held one longest. */
  readonly whenFull: 'reject' | 'evict-oldest';
}

export const Slots = Symbol('Slots');
export interface Slots {
  /**
   * Holds a slot of a key until the returned function is called; undefined where none is free. Exact, however many
   * processes hold; the slots of a process that dies are free again within {@link SLOT_TTL_MS}.
   *
   * @param whenLost called once, soon after somebody else got the slot.
   */
  take(rule: SlotRule, key: string, whenLost: () => void): Promise<(() => void) | undefined>;
  /** How many slots of a key are held. */
  held(rule: SlotRule, key: string): Promise<number>;
}

/** How long the slots of a process outlive it, in milliseconds. */
export const SLOT_TTL_MS = 15_000;
