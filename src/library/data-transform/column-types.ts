/** Finds out which CSV columns are numbers or booleans: a whole column at a time, so that ids never change halfway. */
import { isPlainNumber } from './exact-number.js';
import type { Json } from './row.js';

/** Watches the cells of each column, then converts them. */
export class ColumnTypes {
  readonly #candidates: { number: boolean; boolean: boolean; seen: boolean }[];

  constructor(columns: number) {
    this.#candidates = Array.from({ length: columns }, () => ({ number: true, boolean: true, seen: false }));
  }

  /** Takes the cells of one row into account. Empty cells say nothing. */
  observe(cells: readonly string[]): void {
    for (const [index, candidate] of this.#candidates.entries()) {
      const cell = cells[index] ?? '';
      if (cell === '') continue;
      candidate.seen = true;
      candidate.number &&= isPlainNumber(cell);
      candidate.boolean &&= cell === 'true' || cell === 'false';
    }
  }

  /** The cell in the type of its column; empty cells of numbers and booleans are null. */
  convert(index: number, cell: string): Json {
    const candidate = this.#candidates[index];
    if (!candidate?.seen || !(candidate.number || candidate.boolean)) return cell;
    if (cell === '') return null;
    return candidate.number ? Number(cell) : cell === 'true';
  }
}
