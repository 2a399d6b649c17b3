/** Where it is counted how often something was done within a window of time. */

/** So much in a window, for each key. */
export interface RateRule {
  /** Keeps the counts of different rules apart; a word such as `stream_open`. */
  readonly name: string;
  readonly most: number;
  readonly windowMs: number;
}

/** What came of a taking. */
export interface Taken {
  /** False where nothing was left. */
  readonly taken: boolean;
  /** What is left of the window. */
  readonly left: number;
  /** Milliseconds until the key has its whole window again. */
  readonly resetMs: number;
}

export const RateCounter = Symbol('RateCounter');
export interface RateCounter {
  /** Takes one out of the window of a key, which begins with its first taking. Exact, however many processes take. */
  take(rule: RateRule, key: string): Promise<Taken>;
  /** Gives a key its whole window back. */
  reset(rule: RateRule, key: string): Promise<void>;
}
