/** The stages that look at one row at a time: select, filter, map. */
import { rowExpression } from './expression.js';
import type { Advance } from './progress-track.js';
import { DataFault, reasonOf } from './rejections.js';
import type { Rejections } from './rejections.js';
import type { StageOf } from './request.js';
import { addEntry, asRow, kindOf, newRow, requireColumns, tableOf } from './row.js';
import type { Entry, Row, Table } from './row.js';

/** Keeps the named columns; one that no row has is a mistake. */
export function select(table: Table, { columns }: StageOf<'select'>): Table {
  requireColumns(table, columns, 'select');
  const entries = table.entries.map(({ row, value }) => {
    const kept = newRow();
    for (const column of columns) {
      const cell = value[column];
      if (cell !== undefined) kept[column] = cell;
    }
    return { row, value: kept };
  });
  return { columns: [...new Set(columns)], entries };
}

/** Keeps the rows for which the expression is true; nothing at all counts as false. */
export async function filter(
  table: Table, { expression }: StageOf<'filter'>, rejections: Rejections, advance: Advance,
): Promise<Table> {
  const evaluate = rowExpression(expression, 'filter');
  const entries: Entry[] = [];
  await forEachRow(table, 'filter', rejections, advance, async (value, row) => {
    const verdict = await evaluate(value) ?? false;
    if (typeof verdict !== 'boolean') throw new RowFault(`the filter gave ${kindOf(verdict)}, not true or false`);
    if (verdict) entries.push({ row, value });
  });
  return { columns: table.columns, entries };
}

/** Replaces each row by the object, or the objects, the expression makes of it. */
export async function map(
  table: Table, { expression }: StageOf<'map'>, rejections: Rejections, advance: Advance,
): Promise<Table> {
  const evaluate = rowExpression(expression, 'map');
  const entries: Entry[] = [];
  await forEachRow(table, 'map', rejections, advance, async (value, row) => {
    const made = await evaluate(value);
    const items: unknown[] = Array.isArray(made) ? made : [made];
    const rows = items.map((item) => {
      const fresh = asRow(item);
      if (!fresh) throw new RowFault(`the map gave ${kindOf(item)}, not an object`);
      return fresh;
    });
    for (const fresh of rows) addEntry(entries, { row, value: fresh });
  });
  return tableOf(entries);
}

/** A row that does not suit the stage. */
class RowFault extends Error {}

async function forEachRow(
  table: Table, stage: string, rejections: Rejections, advance: Advance, work: (value: Row, row: number) => Promise<void>,
): Promise<void> {
  for (const [index, { row, value }] of table.entries.entries()) {
    try {
      await work(value, row);
    } catch (error) {
      if (error instanceof DataFault) throw error;
      rejections.add(row, stage, reasonOf(error));
    }
    advance((index + 1) / table.entries.length);
  }
}
