/** Rows D1, D2 and D14 as far as schemas decide them: what is published, what is checked, what is refused. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from '../../protocol/wire.js';
import type { Schema, SchemaResult } from '../schema.js';
import { compileSchema } from './compile.js';

const PERSON: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: { name: { type: 'string', minLength: 2 }, tags: { type: 'array', items: { type: 'string' } }, 'a/b': { type: 'number' } },
  required: ['name'],
  additionalProperties: false,
};

function check(schema: Schema | JsonSchema, value: unknown): unknown {
  return compileSchema(schema, 'input').check(value);
}

/** A validator of no known library: accepts texts, and makes them loud. */
function loud(validate: (value: unknown) => SchemaResult<string> | Promise<SchemaResult<string>>, json: Record<string, unknown> = { type: 'string' }): Schema<string> {
  return { '~standard': { version: 1, vendor: 'by-hand', validate, jsonSchema: { input: () => json, output: () => ({ ...json, title: 'loud' }) } } };
}

function shout(value: unknown): SchemaResult<string> {
  return typeof value === 'string' ? { value: value.toUpperCase() } : { issues: [{ message: 'must be text', path: ['a', { key: 0 }, 'b'] }] };
}

describe('plain JSON Schema is published verbatim and checks values', () => {
  it('publishes the very document of the author', () => {
    expect(compileSchema(PERSON, 'input').json).toBe(PERSON);
  });

  it('passes a good value on as it is', () => {
    const value = { name: 'Ada' };
    expect(check(PERSON, value)).toEqual({ value });
    expect(value).toEqual({ name: 'Ada' });
  });

  it.each([
    ['a missing member', {}, 'name: is required'],
    ['an unknown member', { name: 'Ada', age: 1 }, 'age: is not a known member'],
    ['a wrong type deep inside', { name: 'Ada', tags: ['x', 7] }, 'tags.1: must be string'],
    ['a broken limit', { name: 'A' }, 'name: must NOT have fewer than 2 characters'],
    ['a member whose name needs escaping', { name: 'Ada', 'a/b': 'x' }, 'a/b: must be number'],
    ['the whole value', [], 'must be object'],
  ])('names path and reason for %s', (_, value, reason) => {
    expect(check(PERSON, value)).toEqual({ reason });
  });

  it('checks formats', () => {
    const schema = { type: 'object', properties: { at: { type: 'string', format: 'date-time' } } };
    expect(check(schema, { at: 'tomorrow' })).toEqual({ reason: 'at: must match format "date-time"' });
    expect(check(schema, { at: '2026-07-28T00:00:00Z' })).toHaveProperty('value');
  });

  it('does not let the ids of two authors collide', () => {
    const one = compileSchema({ $id: 'urn:test:same', type: 'string' }, 'input');
    const other = compileSchema({ $id: 'urn:test:same', type: 'number' }, 'input');
    expect([one.check('x'), other.check(1)]).toEqual([{ value: 'x' }, { value: 1 }]);
  });
});

describe('every dialect is checked by its own rules', () => {
  const tuple = { type: 'array', items: [{ type: 'string' }] };

  it.each(['http://json-schema.org/draft-07/schema#', 'http://json-schema.org/draft-07/schema', 'https://json-schema.org/draft-07/schema'])('reads %s, where items may be a list', ($schema) => {
    expect(check({ $schema, ...tuple }, [1])).toEqual({ reason: '0: must be string' });
  });

  it('reads 2020-12 by default, where prefixItems has that role', () => {
    expect(check({ type: 'array', prefixItems: [{ type: 'string' }] }, [1])).toEqual({ reason: '0: must be string' });
    expect(() => compileSchema(tuple, 'input')).toThrow('items');
  });

  it.each(['http://json-schema.org/draft-04/schema#', 'https://json-schema.org/draft/2019-09/schema', 'urn:mine', 7])('refuses the dialect %s and says which there are', ($schema) => {
    expect(() => compileSchema({ $schema, type: 'object' }, 'input')).toThrow(`its dialect ${JSON.stringify($schema)} is not supported; 2020-12 and draft-07 are`);
  });

  it('refuses a document that is no schema', () => {
    expect(() => compileSchema({ type: 'objekt' }, 'input')).toThrow('schema is invalid');
    expect(() => compileSchema({ type: 'object', properties: { a: { $ref: '#/$defs/none' } } }, 'input')).toThrow("can't resolve reference #/$defs/none");
    expect(() => compileSchema({ type: 'string', pattern: '(' }, 'input')).toThrow('Invalid regular expression');
  });
});

describe('nothing is ever fetched (D2)', () => {
  it('refuses a reference to a server and sends that server nothing', async () => {
    const asked = vi.fn<() => void>();
    const sink = createServer((_request, response) => {
      asked();
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(sink, 'listening');
    const { port }: AddressInfo = Object(sink.address());
    const $ref = `http://127.0.0.1:${port}/schema.json`;

    expect(() => compileSchema({ type: 'object', properties: { a: { $ref } } }, 'input')).toThrow('nothing is fetched');
    expect(() => compileSchema(loud(shout, { $ref }), 'input')).toThrow('nothing is fetched');
    expect(() => compileSchema({ $schema: $ref, type: 'object' }, 'input')).toThrow('not supported');

    sink.close();
    await once(sink, 'close');
    expect(asked).not.toHaveBeenCalled();
  });

  it('refuses a bomb that a library printed as well', () => {
    const branches = Array.from({ length: 300 }, (_, index) => z.literal(index));
    expect(() => compileSchema(z.object({ a: z.union(branches) }), 'input')).toThrow('more than 256 branches');
  });

  it('checks a tree that refers to itself', () => {
    const tree = { type: 'object', properties: { children: { type: 'array', items: { $ref: '#' } } }, additionalProperties: false };
    expect(check(tree, { children: [{ children: [] }] })).toHaveProperty('value');
    expect(check(tree, { children: [{ children: [{ x: 1 }] }] })).toEqual({ reason: 'children.0.children.0.x: is not a known member' });
  });
});

describe('zod and any other Standard Schema', () => {
  const counted = z.object({ n: z.number().default(1), at: z.string().transform((text) => text.length) });

  it('hands the handler what zod made of the value', async () => {
    expect(await check(counted, { at: 'four' })).toEqual({ value: { n: 1, at: 4 } });
  });

  it('prints what clients send on one side and what they receive on the other', () => {
    const schema = z.object({ n: z.number().default(1) });
    expect(compileSchema(schema, 'input').json).not.toHaveProperty('required');
    expect(compileSchema(schema, 'output').json).toMatchObject({ type: 'object', required: ['n'], additionalProperties: false });
  });

  it('names every path and reason', async () => {
    const schema = z.object({ user: z.object({ age: z.number() }), tags: z.array(z.string()) });
    expect(await check(schema, { user: { age: 'x' }, tags: ['a', 1] })).toEqual({
      reason: 'user.age: Invalid input: expected number, received string; tags.1: Invalid input: expected string, received number',
    });
  });

  it('shows ten issues and counts the rest', async () => {
    const result = await check(z.array(z.string()), Array.from({ length: 25 }, () => 0));
    expect(result).toHaveProperty('reason', expect.stringMatching(/^0: .*; 9: [^;]*; and 15 more$/));
  });

  it('checks with a validator written by hand, at once or later', async () => {
    expect(check(loud(shout), 'x')).toEqual({ value: 'X' });
    expect(check(loud(shout), 1)).toEqual({ reason: 'a.0.b: must be text' });
    await expect(check(loud(async (value) => shout(value)), 'x')).resolves.toEqual({ value: 'X' });
    await expect(check(loud(async (value) => shout(value)), 1)).resolves.toEqual({ reason: 'a.0.b: must be text' });
    expect(compileSchema(loud(shout), 'output').json).toEqual({ type: 'string', title: 'loud' });
  });

  it('accepts a schema that is a function, as some libraries make them', () => {
    const callable = Object.assign(() => undefined, loud(shout));
    expect(check(callable, 'x')).toEqual({ value: 'X' });
  });

  it('refuses a library that cannot print JSON Schema, and names it', () => {
    const mute: Schema = { '~standard': { version: 1, vendor: 'mute', validate: (value) => ({ value }) } };
    expect(() => compileSchema(mute, 'input')).toThrow('its library (mute) cannot print JSON Schema');
  });

  it('refuses what JSON Schema cannot say', () => {
    expect(() => compileSchema(z.object({ a: z.bigint() }), 'input')).toThrow('BigInt');
  });
});
