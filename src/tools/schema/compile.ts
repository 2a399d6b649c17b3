/** Turns an author's schema into what clients read and what checks values; once, at registration. */
import { Ajv, type ErrorObject, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import type { JsonSchema } from '../../protocol/wire.js';
import type { Schema, SchemaIssue } from '../schema.js';
import { assertBounded } from './bounds.js';

/** The outcome of a check: the value as the handler shall see it, or one sentence with every path and reason. */
export type Checked = { value: unknown } | { reason: string };

/** A schema, ready for use. */
export interface CompiledSchema {
  /** What clients read; the author's own document where that was JSON Schema. */
  json: JsonSchema;
  /** Checks a value. Standard Schema validators may be asynchronous. */
  check(value: unknown): Checked | Promise<Checked>;
}

const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;
const DRAFT_2020_12 = /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/;
const MAX_ISSUES = 10;

// `addFormats` is a CommonJS default export that NodeNext types as a namespace.
const addFormats = ajvFormats.default;
const options: Options = { strict: false, allErrors: false, validateSchema: true, logger: false };

function isStandard(schema: Schema | JsonSchema): schema is Schema {
  // Some libraries make schemas that are functions.
  return '~standard' in schema;
}

/**
 * Compiles a schema. Throws an Error with the reason when it cannot be published or checked: no JSON Schema to print,
 * an unknown dialect, out of bounds, or invalid.
 *
 * @param side whether clients send values of it (`input`) or receive them (`output`); transforms make them differ.
 */
export function compileSchema(schema: Schema | JsonSchema, side: 'input' | 'output'): CompiledSchema {
  if (!isStandard(schema)) {
    assertBounded(schema);
    return { json: schema, check: compileJsonSchema(schema) };
  }
  const standard = schema['~standard'];
  if (!standard.jsonSchema) throw new Error(`its library (${standard.vendor}) cannot print JSON Schema`);
  const json = standard.jsonSchema[side]({ target: 'draft-2020-12' });
  assertBounded(json);
  return {
    json,
    check(value) {
      const result = standard.validate(value);
      return result instanceof Promise ? result.then(checked) : checked(result);
    },
  };
}

function checked(result: { value: unknown; issues?: undefined } | { issues: readonly SchemaIssue[] }): Checked {
  return result.issues ? { reason: sentence(result.issues.map(fromIssue)) } : { value: result.value };
}

function fromIssue(issue: SchemaIssue): [path: string, message: string] {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return [path, issue.message];
}

function compileJsonSchema(schema: JsonSchema): (value: unknown) => Checked {
  const { $schema: dialect, ...document } = schema;
  if (dialect !== undefined && !(typeof dialect === 'string' && (DRAFT_07.test(dialect) || DRAFT_2020_12.test(dialect)))) {
    throw new Error(`its dialect ${JSON.stringify(dialect)} is not supported; 2020-12 and draft-07 are`);
  }
  // A compiler of its own for each schema: ids of two authors cannot collide, and a removed tool leaves nothing behind.
  const ajv = typeof dialect === 'string' && DRAFT_07.test(dialect) ? new Ajv(options) : new Ajv2020(options);
  addFormats(ajv);
  const validate = ajv.compile(document);
  return (value) => (validate(value) ? { value } : { reason: sentence((validate.errors ?? []).map(fromAjv)) });
}

function fromAjv(error: ErrorObject): [path: string, message: string] {
  const parts = error.instancePath.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const missing: unknown = error.params['missingProperty'];
  if (error.keyword === 'required' && typeof missing === 'string') return [[...parts, missing].join('.'), 'is required'];
  const extra: unknown = error.params['additionalProperty'];
  if (error.keyword === 'additionalProperties' && typeof extra === 'string') return [[...parts, extra].join('.'), 'is not a known member'];
  return [parts.join('.'), error.message ?? 'is not valid'];
}

function sentence(issues: [path: string, message: string][]): string {
  const shown = issues.slice(0, MAX_ISSUES).map(([path, message]) => (path ? `${path.slice(0, 200)}: ${message}` : message));
  const more = issues.length - shown.length;
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
