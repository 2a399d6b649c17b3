/**
 * Refuses schemas that could hurt their reader: too deep, too many parts, endless, or pointing at the network
 * (2026-07-28 "JSON Schema Usage": `$ref` resolution and composition bounds).
 */
import type { JsonSchema } from '../../protocol/wire.js';
import { assertModest, isPart } from './effort.js';

const MAX_DEPTH = 64;
const MAX_PARTS = 10_000;
const MAX_BRANCHES = 256;
const MAX_BYTES = 256 * 1024;
const branching = new Set(['anyOf', 'oneOf', 'allOf']);
const anchors = new Set(['$anchor', '$dynamicAnchor']);

/** Throws an Error that says why the schema is refused. Schemas come from authors, so this stops a start-up, not a call. */
export function assertBounded(schema: JsonSchema): void {
  const named = new Map<string, JsonSchema>();
  const resources = new Map<JsonSchema, JsonSchema>();
  const references: string[] = [];
  let parts = 0;
  const visit = (value: unknown, depth: number, path: string, outer: JsonSchema): void => {
    if (!isPart(value)) return;
    if (depth > MAX_DEPTH) throw new Error(`it is nested deeper than ${MAX_DEPTH} levels at ${path.slice(0, 80)}`);
    if (++parts > MAX_PARTS) throw new Error(`it has more than ${MAX_PARTS} parts`);
    const resource = typeof value['$id'] === 'string' ? value : outer;
    resources.set(value, resource);
    for (const [name, member] of Object.entries(value)) {
      if (branching.has(name) && Array.isArray(member) && member.length > MAX_BRANCHES) {
        throw new Error(`${path}/${name} has more than ${MAX_BRANCHES} branches`);
      }
      if (name === '$id' && typeof member === 'string') named.set(member, value);
      if (anchors.has(name) && typeof member === 'string') named.set(`#${member}`, value);
      if ((name === '$ref' || name === '$dynamicRef') && typeof member === 'string') references.push(member);
      visit(member, depth + 1, `${path}/${name}`, resource);
    }
  };
  visit(schema, 0, '#', schema);
  for (const reference of references) {
    if (!reference.startsWith('#') && !named.has(reference.split('#')[0] ?? '')) {
      throw new Error(`it refers to ${reference.slice(0, 80)}, which is not part of it; nothing is fetched`);
    }
  }
  if (Buffer.byteLength(JSON.stringify(schema)) > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
  assertModest({ resources, named });
}
