/** Groups rows and computes count, sum, average, least and greatest per group. */
import type { Advance } from './progress-track.js';
import { DataFault } from './rejections.js';
import type { Rejections } from './rejections.js';
import type { Measure, StageOf } from './request.js';
import { newRow, requireColumns, tableOf } from './row.js';
import type { Json, Row, Table } from './row.js';

interface Group {
  key: Json[];
  tallies: Tally[];
}

/** One row per group, in the order the groups first appear. A row with a value that cannot be counted is refused whole. */
export function aggregate(table: Table, { by, values }: StageOf<'aggregate'>, rejections: Rejections, advance: Advance): Table {
  requireColumns(table, [...by, ...values.flatMap(({ column }) => column ?? [])], 'aggregate');
  const names = checkedNames(by, values);
  const groups = new Map<string, Group>();
  if (by.length === 0) groups.set('[]', { key: [], tallies: values.map(tallyOf) });
  for (const [index, { row, value }] of table.entries.entries()) {
    const key = by.map((column) => value[column] ?? null);
    const name = JSON.stringify(key);
    const group = groups.get(name) ?? { key, tallies: values.map(tallyOf) };
    const objection = values.map((measure, at) => group.tallies[at]?.objection(cellOf(value, measure))).find(Boolean);
    if (objection === undefined) {
      for (const [at, measure] of values.entries()) group.tallies[at]?.add(cellOf(value, measure));
      groups.set(name, group);
    } else {
      rejections.add(row, 'aggregate', objection);
    }
    advance((index + 1) / table.entries.length);
  }
  const entries = Array.from(groups.values(), ({ key, tallies }, index) => {
    const value = newRow();
    for (const [at, column] of by.entries()) value[column] = key[at] ?? null;
    for (const [at, column] of names.entries()) value[column] = tallies[at]?.result() ?? null;
    return { row: index + 1, value };
  });
  // An aggregation of no rows at all still has its columns.
  return { ...tableOf(entries), columns: [...by, ...names] };
}

/** Counts every row where no column is named. */
function cellOf(row: Row, { column }: Measure): Json {
  return column === undefined ? true : row[column] ?? null;
}

function checkedNames(by: readonly string[], values: readonly Measure[]): string[] {
  const names = values.map(({ fn, column, as }) => as ?? (column === undefined ? fn : `${fn}_${column}`));
  const all = [...by, ...names];
  const twice = all.find((name, index) => all.indexOf(name) !== index);
  if (twice !== undefined) throw new DataFault(`two columns would be called "${twice}" (aggregate); give one another name with "as"`);
  return names;
}

/** What one measure has seen in one group. */
interface Tally {
  /** Why the cell cannot be counted, if so. */
  objection(cell: Json): string | undefined;
  add(cell: Json): void;
  result(): Json;
}

function tallyOf(measure: Measure): Tally {
  switch (measure.fn) {
    case 'count': return counting();
    case 'sum': case 'avg': return summing(measure.fn, measure.column);
    case 'min': case 'max': return choosing(measure.fn, measure.column);
  }
}

function isEmpty(cell: Json): boolean {
  return cell === null || cell === '';
}

function counting(): Tally {
  let count = 0;
  return { objection: () => undefined, add: (cell) => { if (!isEmpty(cell)) count += 1; }, result: () => count };
}

/** Adds with Neumaier's compensation, so that ten times 0.1 is 1 whatever the order. */
function summing(fn: 'sum' | 'avg', column: string): Tally {
  let [sum, lost, count] = [0, 0, 0];
  return {
    objection: (cell) => isEmpty(cell) || typeof cell === 'number' ? undefined
      : `${fn} needs numbers; column "${column}" has ${JSON.stringify(cell).slice(0, 60)}`,
    add: (cell) => {
      if (typeof cell !== 'number') return;
      const next = sum + cell;
      lost += Math.abs(sum) >= Math.abs(cell) ? (sum - next) + cell : (cell - next) + sum;
      sum = next;
      count += 1;
    },
    result: () => {
      if (fn === 'sum') return sum + lost;
      return count === 0 ? null : (sum + lost) / count;
    },
  };
}

/** Finds the least or greatest of numbers or of texts, never of both. */
function choosing(fn: 'min' | 'max', column: string): Tally {
  let best: number | string | undefined;
  return {
    objection: (cell) => {
      if (isEmpty(cell)) return undefined;
      const comparable = typeof cell === 'number' || typeof cell === 'string';
      if (comparable && (best === undefined || typeof best === typeof cell)) return undefined;
      return `${fn} needs only numbers or only text; column "${column}" has ${JSON.stringify(cell).slice(0, 60)}`;
    },
    add: (cell) => {
      if (isEmpty(cell) || (typeof cell !== 'number' && typeof cell !== 'string')) return;
      if (best === undefined || (fn === 'min' ? cell < best : cell > best)) best = cell;
    },
    result: () => best ?? null,
  };
}
