/** The stages that need all rows at once: sort, limit, reduce. */
import { tableExpression } from './expression.js';
import { DataFault, reasonOf } from './rejections.js';
import type { StageOf } from './request.js';
import { addEntry, asRow, newRow, requireColumns, tableOf, toJson } from './row.js';
import type { Entry, Json, Table } from './row.js';

/** Orders the rows; equal ones keep their order, nulls come last either way. */
export function sort(table: Table, { by }: StageOf<'sort'>): Table {
  requireColumns(table, by.map(({ column }) => column), 'sort');
  const entries = table.entries.toSorted((one, other) => {
    for (const { column, descending } of by) {
      const order = compare(one.value[column] ?? null, other.value[column] ?? null, descending);
      if (order !== 0) return order;
    }
    return 0;
  });
  return { columns: table.columns, entries };
}

/** Keeps a slice of the rows. */
export function limit(table: Table, { count, offset }: StageOf<'limit'>): Table {
  return { columns: table.columns, entries: table.entries.slice(offset, offset + count) };
}

/** Replaces the table by what one expression makes of the list of all rows; a bare value becomes column `value`. */
export async function reduce(table: Table, { expression }: StageOf<'reduce'>): Promise<Table> {
  const evaluate = tableExpression(expression, 'reduce');
  try {
    const made = await evaluate(table.entries.map(({ value }) => value));
    const items: unknown[] = Array.isArray(made) ? made : made === undefined ? [] : [made];
    const entries: Entry[] = [];
    for (const item of items) {
      const value = asRow(item) ?? Object.assign(newRow(), { value: toJson(item) ?? null });
      addEntry(entries, { row: entries.length + 1, value });
    }
    return tableOf(entries);
  } catch (error) {
    throw error instanceof DataFault ? error : new DataFault(`${reasonOf(error)} (reduce)`);
  }
}

function compare(one: Json, other: Json, descending: boolean): number {
  const [left, right] = [rank(one), rank(other)];
  if (left === NULLS || right === NULLS) return left - right;
  const order = left - right || within(one, other);
  return descending ? -order : order;
}

const NULLS = 4;

function rank(value: Json): number {
  if (value === null) return NULLS;
  return { number: 0, string: 1, boolean: 2, object: 3 }[String(typeof value)] ?? 3;
}

function within(one: Json, other: Json): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  const [left, right] = [String(one), String(other)];
  return left < right ? -1 : Number(left > right);
}
