/** The rows a transformation works on: plain JSON without prototypes, so that no column name has a meaning. */
import { DataFault } from './rejections.js';
import { limits } from './limits.js';

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
/** One row; made by {@link newRow}. */
export type Row = { [column: string]: Json };
/** A row and its number in the input, counted from 1; after an aggregation its number in the result. */
export interface Entry {
  row: number;
  value: Row;
}
/** Rows and the columns that occur in them, in the order they were first seen. */
export interface Table {
  columns: readonly string[];
  entries: Entry[];
}

/**
 * The shape of every row: it inherits nothing, so that `__proto__` is a column like any other. A class rather than
 * `Object.create(null)`, which V8 keeps as a hash table of six times the size.
 */
class BareRow {
  [column: string]: Json;
}
Reflect.setPrototypeOf(BareRow.prototype, null);
Reflect.deleteProperty(BareRow.prototype, 'constructor');

/** An empty row. */
export function newRow(): Row {
  return new BareRow();
}

/** The value as JSON, or undefined where it is none (a function, nothing at all). Copies, so that nothing is shared. */
export function toJson(value: unknown, depth = 0): Json | undefined {
  if (depth > limits.depth) throw new RangeError(`a value nests deeper than ${limits.depth} levels`);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  // JSONata decorates its arrays with members of its own; Array.from leaves them behind.
  if (Array.isArray(value)) return Array.from(value, (item) => toJson(item, depth + 1) ?? null);
  return isData(value) ? toRow(value, depth) : undefined;
}

/** The value as a row, or undefined where it is not an object. */
export function asRow(value: unknown): Row | undefined {
  return isData(value) && !Array.isArray(value) ? toRow(value, 0) : undefined;
}

/** Names the kind of a value for a message. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return isData(value) ? 'an object' : 'a function';
  return `a ${typeof value}`;
}

/** Builds a table, refusing more columns than allowed. */
export function tableOf(entries: Entry[]): Table {
  const columns = new Set<string>();
  for (const { value } of entries) {
    for (const column in value) columns.add(column);
    if (columns.size > limits.columns) throw new DataFault(`there are more than ${limits.columns} columns`);
  }
  return { columns: [...columns], entries };
}

/** Throws unless every column occurs in the table. An empty table without a heading knows no columns. */
export function requireColumns(table: Table, wanted: readonly string[], stage: string): void {
  const known = new Set(table.columns);
  const missing = wanted.find((column) => !known.has(column));
  if (missing === undefined || (known.size === 0 && table.entries.length === 0)) return;
  throw new DataFault(`there is no column "${missing}" (${stage}); there are: ${table.columns.slice(0, 20).join(', ')}`);
}

/** Adds a row, refusing more rows than allowed. */
export function addEntry(entries: Entry[], entry: Entry): void {
  if (entries.length === limits.rows) throw new DataFault(`there are more than ${limits.rows} rows`);
  entries.push(entry);
}

/** True for objects of data. JSONata hands out its functions as objects too; they carry their implementation. */
function isData(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Object.values(value).some((member) => typeof member === 'function');
}

function toRow(source: Record<string, unknown>, depth: number): Row {
  const row = newRow();
  for (const key of Object.keys(source)) {
    const value = toJson(source[key], depth + 1);
    if (value !== undefined) row[key] = value;
  }
  return row;
}
