/** Time and randomness come in through these ports, so that tests own them. */

export const Clock = Symbol('Clock');
export interface Clock {
  /** Wall time in milliseconds since the epoch. */
  now(): number;
}

export const Random = Symbol('Random');
export interface Random {
  /** Unpredictable bytes from a cryptographic source. */
  bytes(count: number): Buffer;
}

/** A number from 0 up to, and not including, 1: to spread what would else happen to everybody in one instant. */
export function fraction(random: Random): number {
  return random.bytes(2).readUInt16BE() / 65_536;
}
