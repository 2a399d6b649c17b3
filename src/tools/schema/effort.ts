/**
 * How many checks a schema makes of one value before it takes a step into it. References that lead in circles would
 * overflow the stack at every call, references that double at every level would never end (reliability row D2).
 */
import type { JsonSchema } from '../../protocol/wire.js';

const MAX_CHECKS = 10_000;
const MAX_CHAIN = 1000;
const lists = ['allOf', 'anyOf', 'oneOf'] as const;
const singles = ['not', 'if', 'then', 'else'] as const;

/** A walked schema: every part with the document its pointers start from, and what `$id`s and anchors name. */
export interface SchemaParts {
  resources: ReadonlyMap<JsonSchema, JsonSchema>;
  named: ReadonlyMap<string, JsonSchema>;
}

/** Throws an Error that says why. */
export function assertModest({ resources, named }: SchemaParts): void {
  const counted = new Map<JsonSchema, number>();
  const count = (part: JsonSchema, chain: number): number => {
    const known = counted.get(part);
    if (known === 0) throw new Error('it refers to itself without taking a step into the value');
    if (known !== undefined) return known;
    counted.set(part, 0);
    let checks = 1;
    for (const next of inPlace(part)) checks += count(next, chain + 1);
    if (checks > MAX_CHECKS || chain > MAX_CHAIN) throw new Error(`it needs more than ${MAX_CHECKS} checks of one value`);
    counted.set(part, checks);
    return checks;
  };
  const inPlace = (part: JsonSchema): JsonSchema[] => {
    const next: unknown[] = singles.map((name) => part[name]);
    for (const name of lists) {
      const branches = part[name];
      if (Array.isArray(branches)) next.push(...branches);
    }
    if (isPart(part['dependentSchemas'])) next.push(...Object.values(part['dependentSchemas']));
    for (const reference of [part['$ref'], part['$dynamicRef']]) {
      if (typeof reference === 'string') next.push(resolve(reference, resources.get(part)));
    }
    return next.filter(isPart);
  };
  const resolve = (reference: string, resource: JsonSchema | undefined): unknown => {
    const [id = '', fragment = ''] = reference.split('#');
    const start = id === '' ? resource : named.get(id);
    if (fragment === '') return start;
    return fragment.startsWith('/') ? pointed(start, fragment) : named.get(`#${fragment}`);
  };
  for (const part of resources.keys()) count(part, 0);
}

// What a pointer does not find is for the compiler to complain about.
function pointed(start: unknown, pointer: string): unknown {
  let part = start;
  for (const token of pointer.split('/').slice(1)) {
    if (!isPart(part)) return undefined;
    part = part[safelyDecoded(token).replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return part;
}

function safelyDecoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/** True for an object or a list: what can hold further parts. */
export function isPart(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}
