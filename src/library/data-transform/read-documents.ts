/** Reads NDJSON line by line; JSON and YAML in one go, for want of a streaming parser worth its weight. */
import { isScalar, parseAllDocuments, visit } from 'yaml';
import { isExact, parseJson } from './exact-number.js';
import { limits } from './limits.js';
import type { Advance } from './progress-track.js';
import { DataFault, reasonOf } from './rejections.js';
import type { Rejections } from './rejections.js';
import { addEntry, asRow, kindOf, tableOf } from './row.js';
import type { Entry, Row, Table } from './row.js';

/** One object per line; blank lines do not count as rows. */
export function readNdjson(text: string, rejections: Rejections, advance: Advance): Table {
  const rows = new RowReader(rejections);
  for (let at = 0; at < text.length;) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end).trim();
    at = end + 1;
    if (line !== '') rows.parse(line);
    advance(at / text.length);
  }
  return rows.table();
}

/** A list of objects, or one object. */
export function readJson(text: string, rejections: Rejections, advance: Advance): Table {
  return listed(guarded('JSON', () => parseJson(text)), rejections, advance);
}

/** A list of objects, one object, or several documents; YAML 1.2, aliases bounded. */
export function readYaml(text: string, rejections: Rejections, advance: Advance): Table {
  if (text.length > limits.yamlChars) {
    throw new DataFault(`YAML may have ${limits.yamlChars} characters; for more, send NDJSON`);
  }
  return listed(guarded('YAML', () => yamlValue(text)), rejections, advance);
}

function yamlValue(text: string): unknown {
  const documents = parseAllDocuments(text, { schema: 'core', logLevel: 'error' });
  const values = Array.from(documents, (document) => {
    const [error] = document.errors;
    if (error) throw error;
    visit(document, { Scalar: (_key, node) => {
      if (typeof node.value === 'number' && node.source !== undefined && losesDigits(node.source)) node.value = node.source;
    } });
    if (isScalar(document.contents) && document.contents.value === null) return [];
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return value;
  });
  return values.length === 1 ? values[0] : values.flat();
}

/** Not only too many digits: YAML 1.2 reads 00123 as 123, which no postal code survives. */
function losesDigits(source: string): boolean {
  return /^[-+]?0\d/.test(source) || !isExact(source);
}

function listed(value: unknown, rejections: Rejections, advance: Advance): Table {
  const rows = new RowReader(rejections);
  const items: unknown[] = Array.isArray(value) ? value : [value];
  for (const [index, item] of items.entries()) {
    rows.take(item);
    advance(index / items.length);
  }
  return rows.table();
}

/** Counts rows and refuses whatever is not an object. */
class RowReader {
  readonly #rejections: Rejections;
  readonly #entries: Entry[] = [];
  #row = 0;

  constructor(rejections: Rejections) {
    this.#rejections = rejections;
  }

  parse(line: string): void {
    if (line.length > limits.recordChars) return this.#refuse(`longer than ${limits.recordChars} characters`);
    this.#read(() => parseJson(line));
  }

  take(item: unknown): void {
    this.#read(() => item);
  }

  table(): Table {
    return tableOf(this.#entries);
  }

  #read(item: () => unknown): void {
    let value: Row;
    try {
      value = rowOf(item());
    } catch (error) {
      return this.#refuse(reasonOf(error));
    }
    this.#row += 1;
    addEntry(this.#entries, { row: this.#row, value });
  }

  #refuse(reason: string): void {
    this.#row += 1;
    this.#rejections.add(this.#row, 'loading', reason);
  }
}

function rowOf(item: unknown): Row {
  const row = asRow(item);
  if (!row) throw new TypeError(`${kindOf(item)} where an object is expected`);
  return row;
}

function guarded(language: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    throw new DataFault(`the input is not valid ${language}: ${reasonOf(error)}`);
  }
}
