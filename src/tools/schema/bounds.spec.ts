/** Row D2: a schema that could hurt its reader is refused where it is registered, with the reason. */
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../protocol/wire.js';
import { assertBounded } from './bounds.js';

function nested(levels: number): JsonSchema {
  let schema: JsonSchema = { type: 'string' };
  for (let level = 0; level < levels; level++) schema = { not: schema };
  return schema;
}

/** `a0` is both of two `a1`, each of which is both of two `a2`, and so on: 2^levels checks of one value. */
function doubling(levels: number): JsonSchema {
  const definitions = Array.from({ length: levels }, (_, level): [string, JsonSchema] => {
    const next = { $ref: `#/$defs/a${level + 1}` };
    return [`a${level}`, { allOf: [next, next] }];
  });
  return { type: 'object', properties: { a: { $ref: '#/$defs/a0' } }, $defs: { ...Object.fromEntries(definitions), [`a${levels}`]: {} } };
}

const bombs: [title: string, schema: JsonSchema, reason: string][] = [
  ['ten thousand branches', { anyOf: Array.from({ length: 10_000 }, () => ({ type: 'string' })) }, 'more than'],
  ['257 branches', { oneOf: Array.from({ length: 257 }, () => ({ type: 'string' })) }, '#/oneOf has more than 256 branches'],
  ['a depth of a thousand', nested(1000), 'nested deeper than 64'],
  ['ten thousand parts side by side', { properties: Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`p${index}`, {}])) }, 'more than 10000 parts'],
  ['a quarter of a megabyte of text', { description: 'x'.repeat(256 * 1024) }, 'larger than'],
  ['a quarter of a megabyte in another script', { description: 'я'.repeat(128 * 1024) }, 'larger than'],
];

const endless: [title: string, schema: JsonSchema][] = [
  ['to itself', { type: 'object', $ref: '#' }],
  ['to itself among its branches', { type: 'object', allOf: [{ $ref: '#' }] }],
  ['to each other', { type: 'object', properties: { a: { $ref: '#/$defs/b' } }, $defs: { b: { anyOf: [{ $ref: '#/$defs/c' }] }, c: { not: { $ref: '#/$defs/b' } } } }],
  ['through a condition', { type: 'object', $defs: { a: { if: { $ref: '#/$defs/a' } } }, $ref: '#/$defs/a' }],
  ['through an anchor', { type: 'object', $defs: { a: { $anchor: 'me', allOf: [{ $ref: '#me' }] } }, $ref: '#me' }],
  ['through a dynamic anchor', { type: 'object', $dynamicAnchor: 'node', allOf: [{ $dynamicRef: '#node' }] }],
  ['through an id', { $id: 'urn:me', type: 'object', allOf: [{ $ref: 'urn:me' }] }],
  ['through a pointer with escapes', { type: 'object', $defs: { 'a/b': { allOf: [{ $ref: '#/$defs/a~1b' }] } }, $ref: '#/$defs/a~1b' }],
];

describe('a schema bomb is refused with the reason (D2)', () => {
  it.each(bombs)('refuses %s', (_, schema, reason) => {
    expect(() => assertBounded(schema)).toThrow(reason);
  });

  it('refuses a schema object that contains itself', () => {
    const schema: JsonSchema = { type: 'object' };
    schema['properties'] = { again: schema };
    expect(() => assertBounded(schema)).toThrow('nested deeper');
  });

  it.each(endless)('refuses a $ref that leads %s without taking a step into the value', (_, schema) => {
    expect(() => assertBounded(schema)).toThrow('refers to itself');
  });

  it('refuses references that double at every level', () => {
    expect(() => assertBounded(doubling(40))).toThrow('checks of one value');
  });
});

describe('nothing outside the schema is referred to (D2)', () => {
  it.each([
    'https://example.com/schema.json', 'http://127.0.0.1/x#/a', 'file:///etc/passwd', '//example.com/x', 'other.json',
    'https://json-schema.org/draft/2020-12/schema',
  ])('refuses a $ref to %s and says that nothing is fetched', (reference) => {
    expect(() => assertBounded({ properties: { a: { $ref: reference } } })).toThrow(`it refers to ${reference}, which is not part of it; nothing is fetched`);
  });

  it('refuses a remote $dynamicRef', () => {
    expect(() => assertBounded({ $dynamicRef: 'https://example.com/x#node' })).toThrow('nothing is fetched');
  });

  it('cuts a long reference in its message', () => {
    expect(() => assertBounded({ $ref: `https://example.com/${'x'.repeat(10_000)}` })).toThrow(/^it refers to .{80}, which/);
  });
});

describe('what authors really write is accepted', () => {
  const tree = { type: 'object', properties: { value: { type: 'string' }, children: { type: 'array', items: { $ref: '#' } } } };

  it.each<[string, JsonSchema]>([
    ['a tree that refers to itself for its children', tree],
    ['a list of alternatives that refer to each other inside their members', {
      $defs: {
        node: { anyOf: [{ $ref: '#/$defs/leaf' }, { $ref: '#/$defs/branch' }] },
        leaf: { type: 'string' },
        branch: { type: 'object', properties: { left: { $ref: '#/$defs/node' }, right: { $ref: '#/$defs/node' } } },
      },
      type: 'object', properties: { root: { $ref: '#/$defs/node' } },
    }],
    ['an id inside the document', { $id: 'https://example.com/a', type: 'object', properties: { b: { $ref: 'https://example.com/b' } }, $defs: { b: { $id: 'https://example.com/b', type: 'string' } } }],
    ['256 branches', { anyOf: Array.from({ length: 256 }, (_, index) => ({ const: index })) }],
    ['a member that is called $ref', { type: 'object', properties: { $ref: { type: 'string' } } }],
    ['64 levels', nested(64)],
    ['one definition used a hundred times', { type: 'object', properties: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`p${index}`, { $ref: '#/$defs/a' }])), $defs: { a: { type: 'string' } } }],
  ])('accepts %s', (_, schema) => {
    expect(() => assertBounded(schema)).not.toThrow();
  });
});
