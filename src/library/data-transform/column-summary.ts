/** Describes the columns of a table by what is in them. */
import { limits } from './limits.js';
import type { TransformResult } from './request.js';
import type { Json, Table } from './row.js';

type Column = TransformResult['schema'][number];
type TypeName = Column['types'][number];

/** Per column: its types, whether values are missing, how many there are, and the first of them. */
export function summarize({ columns, entries }: Table): Column[] {
  return columns.map((name) => {
    const types = new Set<TypeName>();
    const examples = new Set<string>();
    let values = 0;
    for (const { value } of entries) {
      const cell = value[name] ?? null;
      if (cell === null) continue;
      values += 1;
      types.add(typeOf(cell));
      if (examples.size < limits.examples) examples.add(shown(cell));
    }
    // Every integer is a number: a column of both is one of numbers.
    if (types.has('number')) types.delete('integer');
    return { name, types: [...types].toSorted(), nullable: values < entries.length, values, examples: [...examples] };
  });
}

function typeOf(cell: Exclude<Json, null>): TypeName {
  if (typeof cell === 'number') return Number.isInteger(cell) ? 'integer' : 'number';
  if (typeof cell === 'string') return 'string';
  if (typeof cell === 'boolean') return 'boolean';
  return Array.isArray(cell) ? 'array' : 'object';
}

function shown(cell: Json): string {
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell);
  return text.length > limits.exampleChars ? `${text.slice(0, limits.exampleChars - 1)}…` : text;
}
