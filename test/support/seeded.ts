/** Randomness that can be had again: every run says its seed, and takes one from SEED. */

/** Random numbers that follow from a seed. */
export interface Dice {
  seed: number;
  /** A whole number from 0 to below the limit. */
  below(limit: number): number;
  pick<T>(choices: readonly T[]): T;
  /** Dice of their own, so that what runs beside them does not disturb their order. */
  fork(): Dice;
}

/** Dice of a new seed, or of the one in the environment. */
export function seeded(seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))): Dice {
  let state = seed;
  // Mulberry32: small, and good enough to choose places.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    seed, below,
    pick: <T>(choices: readonly T[]): T => {
      const choice = choices[below(choices.length)];
      if (choice === undefined) throw new Error('Nothing to choose from');
      return choice;
    },
    fork: () => seeded(below(2 ** 31)),
  };
}
