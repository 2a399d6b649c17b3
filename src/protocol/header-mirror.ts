/**
 * Holds the HTTP headers of a request against the body they mirror, so that a proxy that routes by header and a
 * server that acts on the body cannot be told two stories (revision 2026-07-28, Streamable HTTP, "Request Metadata").
 */
import { Buffer, isUtf8 } from 'node:buffer';
import { fault, type Fault } from './faults.js';
import type { JsonObject, JsonValue } from './message.js';
import type { JsonSchema } from './wire.js';

/** A tool argument that its schema's `x-mcp-header` asks clients to repeat in a header. */
export interface MirroredParameter {
  /** The header in lower case, as Node names it: `mcp-param-…`. */
  header: string;
  /** The member names that lead from `arguments` to the value. */
  path: readonly string[];
  /** The type the schema declares. */
  type: 'string' | 'integer' | 'boolean';
}

/** Headers as Node hands them over: lower-case names, trimmed values, one character per byte. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

const annotation = 'x-mcp-header';
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const deepestSchema = 200;
/** Keywords whose members are named by the author, each a schema. */
const schemaMaps: ReadonlySet<string> = new Set([
  'properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions',
]);
/** Keywords that hold data, where a member of the annotation's name means nothing. */
const dataKeywords: ReadonlySet<string> = new Set([
  annotation, 'const', 'default', 'enum', 'examples', 'required', 'dependentRequired',
]);

/**
 * The mirrored parameters of a tool's `inputSchema`, in the order of the schema. Throws an Error that names the
 * place when an annotation breaks a rule ("Schema Extension"): clients must drop such a tool, so it is not offered.
 */
export function mirroredParameters(inputSchema: JsonSchema): MirroredParameter[] {
  const found: MirroredParameter[] = [];
  visit(inputSchema, [], [], found);
  return found;
}

/** `path` is undefined where a schema cannot be reached through `properties` alone; `place` is for the reader. */
function visit(schema: unknown, path: readonly string[] | undefined, place: readonly string[], found: MirroredParameter[]): void {
  if (place.length > deepestSchema) throw refusal(place.slice(0, 8), 'lies in a schema nested too deeply');
  if (Array.isArray(schema)) {
    for (const [index, element] of schema.entries()) visit(element, undefined, [...place, String(index)], found);
    return;
  }
  if (!isRecord(schema)) return;
  if (Object.hasOwn(schema, annotation)) found.push(mirrored(schema, path, place, found));
  for (const [keyword, value] of Object.entries(schema)) {
    if (dataKeywords.has(keyword)) continue;
    if (!schemaMaps.has(keyword) || !isRecord(value)) {
      visit(value, undefined, [...place, keyword], found);
      continue;
    }
    for (const [name, child] of Object.entries(value)) {
      visit(child, keyword === 'properties' && path ? [...path, name] : undefined, [...place, keyword, name], found);
    }
  }
}

function mirrored(
  schema: Record<string, unknown>, path: readonly string[] | undefined, place: readonly string[],
  found: readonly MirroredParameter[],
): MirroredParameter {
  const name = schema[annotation];
  const type = schema['type'];
  if (path === undefined || path.length === 0) throw refusal(place, 'must stand on a property reached through properties alone');
  if (typeof name !== 'string' || !token.test(name)) throw refusal(place, 'must be a header name token');
  if (type !== 'string' && type !== 'integer' && type !== 'boolean') {
    throw refusal(place, 'needs the type string, integer or boolean');
  }
  const header = `mcp-param-${name.toLowerCase()}`;
  if (found.some((other) => other.header === header)) throw refusal(place, 'repeats a name that is taken, letter case aside');
  return { header, path, type };
}

function refusal(place: readonly string[], reason: string): Error {
  return new Error(`${annotation} at ${place.length === 0 ? 'the root of the schema' : place.join('.')} ${reason}`);
}

/** Where `Mcp-Name` comes from ("Standard Request Headers"; the tasks extension SEP-2663 adds its three methods). */
const nameSources: ReadonlyMap<string, string> = new Map([
  ['tools/call', 'name'], ['prompts/get', 'name'], ['resources/read', 'uri'],
  ['tasks/get', 'taskId'], ['tasks/update', 'taskId'], ['tasks/cancel', 'taskId'],
]);

/**
 * Throws `header_mismatch` unless the headers of a request repeat its body ("Server Validation"). The sentence
 * names the header and no value, since arguments may be secrets. `parameters` are those of the tool that is
 * called. Two headers of one name arrive joined by `, ` and so match only a value that reads that way.
 */
export function checkMirror(
  headers: RequestHeaders, message: { method: string; params: JsonObject }, parameters: readonly MirroredParameter[],
): void {
  const method = single(headers, 'mcp-method', 'Mcp-Method');
  if (method === undefined) throw mismatch('Mcp-Method', 'is required');
  if (method !== message.method) throw mismatch('Mcp-Method', 'does not match the method of the body');

  const source = nameSources.get(message.method);
  if (source !== undefined) {
    const name = single(headers, 'mcp-name', 'Mcp-Name');
    if (name === undefined) throw mismatch('Mcp-Name', 'is required');
    if (decoded(name, 'Mcp-Name') !== own(message.params, source)) {
      throw mismatch('Mcp-Name', `does not match params.${source} of the body`);
    }
  }

  for (const parameter of parameters) checkParameter(headers, message.params, parameter);
}

function checkParameter(headers: RequestHeaders, params: JsonObject, { header, path }: MirroredParameter): void {
  let value = own(params, 'arguments');
  for (const name of path) value = own(value, name);
  if (value === undefined || value === null) return;
  const text = single(headers, header, header);
  if (text === undefined) throw mismatch(header, 'is required, because the body carries its value');
  if (!says(decoded(text, header), value)) throw mismatch(header, 'does not match its value in the body');
}

/** `42` or `42.0`, never `4.2e1`. */
const wholeDecimal = /^-?(?:0|[1-9][0-9]*)(?:\.0+)?$/;

/**
 * Compares by the type the value has rather than the one it should have: an argument of a wrong type is for
 * schema validation to refuse, with an answer a model can learn from.
 */
function says(text: string, value: JsonValue): boolean {
  if (typeof value === 'string') return text === value;
  if (typeof value === 'number') {
    return text === String(value) || (Number.isSafeInteger(value) && wholeDecimal.test(text) && Number(text) === value);
  }
  return typeof value === 'boolean' && text === (value ? 'true' : 'false');
}

function single(headers: RequestHeaders, name: string, title: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw mismatch(title, 'was sent more than once');
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code > 0x7e) throw mismatch(title, 'holds a character that header values may not carry');
  }
  return value;
}

const sentinelStart = '=?base64?';
const sentinelEnd = '?=';

/** Undoes the Base64 sentinel ("Value Encoding"). What only resembles it is taken literally. */
function decoded(value: string, title: string): string {
  if (!value.startsWith(sentinelStart) || !value.endsWith(sentinelEnd)) return value;
  const payload = value.slice(sentinelStart.length, -sentinelEnd.length);
  const bytes = Buffer.from(payload, 'base64');
  // Node skips what is not Base64; only canonical text comes back the same. In `=?base64?=` start and end overlap.
  const isCanonical = value.length >= sentinelStart.length + sentinelEnd.length && bytes.toString('base64') === payload;
  if (!isCanonical || !isUtf8(bytes)) throw mismatch(title, 'is not valid Base64 of UTF-8 text');
  return bytes.toString('utf8');
}

function mismatch(title: string, reason: string): Fault {
  return fault('header_mismatch', { say: `Header mismatch: ${title} ${reason}` });
}

/** A member of its own, so that an argument named `constructor` is not found on every object. */
function own(value: JsonValue | undefined, name: string): JsonValue | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
