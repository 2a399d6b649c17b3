/** What is wrong with the data: an end of the call, or a row that is left out and named in the result. */
import { limits } from './limits.js';

/** Ends the transformation with a message meant for the caller. */
export class DataFault extends Error {
  override readonly name = 'DataFault';
}

/** One row that was left out. */
export interface Rejection {
  row: number;
  stage: string;
  reason: string;
}

/** Decides once what a bad row means: the end (`fail`), or a line in the report (`skip`). */
export class Rejections {
  readonly #mode: 'fail' | 'skip';
  readonly #named: Rejection[] = [];
  #count = 0;

  constructor(mode: 'fail' | 'skip') {
    this.#mode = mode;
  }

  /** Refuses a row. Returns only where rows may be skipped. */
  add(row: number, stage: string, reason: string): void {
    if (this.#mode === 'fail') throw new DataFault(`row ${row}: ${reason} (${stage})`);
    this.#count += 1;
    if (this.#named.length < limits.namedRejections) this.#named.push({ row, stage, reason });
  }

  /** The number of refused rows, and the first of them. */
  report(): { count: number; rows: Rejection[] } {
    return { count: this.#count, rows: this.#named };
  }
}

/** A short sentence out of whatever was thrown: libraries throw errors and plain objects alike. */
export function reasonOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return String(message).split('\n', 1).join('').slice(0, 300);
}
