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
