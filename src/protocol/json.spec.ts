/** Values from outside, narrowed without a cast: what looks like an object and is none, is none. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, isObject, isRequestId, objectAt, stringAt } from './json.js';
import type { JsonObject, JsonValue } from './message.js';

describe('a member is what it is', () => {
  const object: JsonObject = { text: 'a', empty: '', number: 0, none: null, list: [], object: { a: 1 }, bare: {} };

  it('an object, and neither a list nor null', () => {
    expect(Object.keys(object).filter((name) => objectAt(object, name) !== undefined)).toEqual(['object', 'bare']);
    expect(objectAt(object, 'object')).toBe(object['object']);
    expect([isObject(undefined), isObject(() => 1), isObject('a')]).toEqual([false, false, false]);
  });

  it('a text, an empty one included', () => {
    expect(Object.keys(object).filter((name) => stringAt(object, name) !== undefined)).toEqual(['text', 'empty']);
    expect(stringAt(object, 'missing')).toBeUndefined();
  });

  it('an id, which is a text or a number', () => {
    expect(['', 'a', 0, 1.5].every(isRequestId)).toBe(true);
    expect([null, undefined, true, {}, [1]].some(isRequestId)).toBe(false);
  });
});

describe('equal values have equal text', () => {
  it('whatever the order of members, at any depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'x' })).toBe('{"a":"x","b":[{"c":null,"d":1}]}');
    expect(canonicalJson([2, 1])).toBe('[2,1]');
    expect(canonicalJson(undefined)).toBe('null');
  });

  it('and unequal values have not', () => {
    const value = fc.jsonValue().map((json): JsonValue => JSON.parse(JSON.stringify(json)));
    const reversed = (json: JsonValue): JsonValue => {
      if (Array.isArray(json)) return json.map(reversed);
      return isObject(json) ? Object.fromEntries(Object.entries(json).toReversed().map(([name, member]) => [name, reversed(member)])) : json;
    };
    fc.assert(fc.property(value, value, (one, other) => {
      expect(canonicalJson(reversed(one))).toBe(canonicalJson(one));
      expect(JSON.parse(canonicalJson(one))).toEqual(one);
      expect(canonicalJson(one) === canonicalJson(other)).toBe(isDeepStrictEqual(one, other));
    }));
  });
});
