/** Reads CSV (RFC 4180) piece by piece. Cells are data: what looks like a spreadsheet formula stays as it is. */
import { CsvError, Parser } from 'csv-parse';
import { finished } from 'node:stream/promises';
import { ColumnTypes } from './column-types.js';
import { limits } from './limits.js';
import type { Advance } from './progress-track.js';
import { DataFault, reasonOf } from './rejections.js';
import type { Rejections } from './rejections.js';
import type { TransformRequest } from './request.js';
import { addEntry, newRow } from './row.js';
import type { Entry, Table } from './row.js';

const CHUNK_BYTES = 64 * 1024;

/** The table in the text. A row of the wrong width is refused; broken quotes end the call. */
export async function readCsv(
  text: string, { delimiter, types }: Pick<TransformRequest, 'delimiter' | 'types'>, rejections: Rejections, advance: Advance,
): Promise<Table> {
  const sheet = new Sheet(rejections);
  const parser = new Parser({
    bom: true, delimiter, relax_column_count: true, skip_empty_lines: true, max_record_size: limits.recordChars,
    on_record: (cells: string[]) => sheet.take(cells),
  });
  const end = finished(parser.resume(), { writable: false });
  // Awaited below; a failure between two chunks must not count as unhandled.
  end.catch(() => undefined);
  try {
    // Bytes, because a piece of text could end between the halves of a surrogate pair.
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length && !parser.errored; at += CHUNK_BYTES) {
      await new Promise<void>((resolve) => parser.write(bytes.subarray(at, at + CHUNK_BYTES), () => resolve()));
      advance(at / bytes.length);
    }
    if (!parser.errored) parser.end();
    await end;
  } catch (error) {
    // Fatal even where rows may be skipped: after a broken quote nobody knows where the next row begins.
    throw error instanceof CsvError ? new DataFault(`row ${sheet.rows + 1}: ${reasonOf(error)} (loading)`) : error;
  }
  return sheet.table(types === 'infer');
}

/** The cells as they arrive, under the columns of the first row. */
class Sheet {
  readonly #rejections: Rejections;
  readonly #lines: { row: number; cells: string[] }[] = [];
  #columns: string[] | undefined;
  #types = new ColumnTypes(0);
  /** Rows met so far, good or bad, without the heading. */
  rows = 0;

  constructor(rejections: Rejections) {
    this.#rejections = rejections;
  }

  take(cells: string[]): null {
    if (!this.#columns) {
      this.#columns = checkedHeading(cells);
      this.#types = new ColumnTypes(cells.length);
      return null;
    }
    this.rows += 1;
    if (this.rows > limits.rows) throw new DataFault(`there are more than ${limits.rows} rows`);
    if (cells.length === this.#columns.length) {
      this.#types.observe(cells);
      this.#lines.push({ row: this.rows, cells });
    } else {
      this.#rejections.add(this.rows, 'loading', `${cells.length} cells where the heading has ${this.#columns.length}`);
    }
    return null;
  }

  table(infer: boolean): Table {
    const columns = this.#columns ?? [];
    const entries: Entry[] = [];
    for (const { row, cells } of this.#lines) {
      const value = newRow();
      for (const [index, column] of columns.entries()) {
        const cell = cells[index] ?? '';
        value[column] = infer ? this.#types.convert(index, cell) : cell;
      }
      addEntry(entries, { row, value });
    }
    return { columns, entries };
  }
}

function checkedHeading(cells: string[]): string[] {
  if (cells.length > limits.columns) throw new DataFault(`there are more than ${limits.columns} columns`);
  for (const [index, name] of cells.entries()) {
    if (name === '') throw new DataFault(`column ${index + 1} has no name in the heading`);
    if (cells.indexOf(name) !== index) throw new DataFault(`the heading names column "${name}" twice`);
  }
  return cells;
}
