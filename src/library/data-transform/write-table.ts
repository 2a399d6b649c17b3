/** Writes a table as text, a batch of rows at a time, and stops where the text grows beyond its bound. */
import { stringify as stringifyCsv } from 'csv-stringify/sync';
import { stringify as stringifyYaml } from 'yaml';
import { limits } from './limits.js';
import type { Advance } from './progress-track.js';
import { DataFault } from './rejections.js';
import type { Format } from './request.js';
import type { Json, Row, Table } from './row.js';

const BATCH_ROWS = 500;

/** How a format opens, writes rows, separates batches and ends; `empty` is the text of no rows. */
interface Writer {
  open: string;
  batch(rows: Row[]): string;
  between: string;
  close: string;
  empty: string;
  maxChars: number;
}

/** The table as text. */
export function writeTable(table: Table, format: Format, delimiter: string, advance: Advance): string {
  const { open, batch, between, close, empty, maxChars } = writerOf(format, table.columns, delimiter);
  const { entries } = table;
  if (entries.length === 0) return empty;
  const pieces: string[] = [];
  let chars = 0;
  for (let at = 0; at < entries.length; at += BATCH_ROWS) {
    const piece = batch(entries.slice(at, at + BATCH_ROWS).map(({ value }) => value));
    chars += piece.length;
    if (chars > maxChars) throw new DataFault(`the output has more than ${maxChars} characters; select or limit first (writing)`);
    pieces.push(piece);
    advance(Math.min(1, (at + BATCH_ROWS) / entries.length));
  }
  return open + pieces.join(between) + close;
}

function writerOf(format: Format, columns: readonly string[], delimiter: string): Writer {
  const maxChars = limits.textChars;
  switch (format) {
    case 'csv': {
      const write = (rows: string[][]): string => stringifyCsv(rows, { delimiter });
      const open = columns.length === 0 ? '' : write([[...columns]]);
      const batch = (rows: Row[]): string => write(rows.map((row) => columns.map((column) => cellText(row[column]))));
      return { open, batch, between: '', close: '', empty: open, maxChars };
    }
    case 'ndjson': return { open: '', batch: lines('\n'), between: '\n', close: '\n', empty: '', maxChars };
    case 'json': return { open: '[\n', batch: lines(',\n'), between: ',\n', close: '\n]\n', empty: '[]\n', maxChars };
    case 'yaml': {
      const batch = (rows: Row[]): string => stringifyYaml(rows, { aliasDuplicateObjects: false, lineWidth: 0 });
      return { open: '', batch, between: '', close: '', empty: '[]\n', maxChars: limits.yamlChars };
    }
  }
}

function lines(separator: string): Writer['batch'] {
  return (rows) => rows.map((row) => JSON.stringify(row)).join(separator);
}

function cellText(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
