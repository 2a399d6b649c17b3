/** Rows A18 and A19 as far as one request decides them; the doors are tested over sockets. */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from './faults.js';
import { checkMirror, mirroredParameters, type MirroredParameter, type RequestHeaders } from './header-mirror.js';
import type { JsonObject, JsonValue } from './message.js';
import type { JsonSchema } from './wire.js';

/** The public sentence of the refusal; undefined when headers and body agree. */
function objection(
  headers: RequestHeaders, method: string, params: JsonObject, parameters: readonly MirroredParameter[] = [],
): string | undefined {
  try {
    checkMirror(headers, { method, params }, parameters);
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    expect(error.row).toMatchObject({ rpc: -32020, http: 400 });
    return error.say;
  }
}

/** What is said to a call of the tool `echo` that carries one value and one header for it. */
function objectionTo(value: JsonValue | undefined, header: string | string[] | undefined): string | undefined {
  const given: JsonObject = value === undefined ? {} : { place: { city: value } };
  const parameters = [{ header: 'mcp-param-city', path: ['place', 'city'], type: 'string' }] as const;
  const headers = { 'mcp-method': 'tools/call', 'mcp-name': 'echo', 'mcp-param-city': header };
  return objection(headers, 'tools/call', { name: 'echo', arguments: given }, parameters);
}

function base64(value: string): string {
  return `=?base64?${Buffer.from(value).toString('base64')}?=`;
}

/** The specification's rule for clients ("Value Encoding"). */
function encoded(value: string): string {
  const isPlain = /^[\t\x20-\x7e]*$/.test(value) && value === value.trim() && !(value.startsWith('=?base64?') && value.endsWith('?='));
  return isPlain ? value : base64(value);
}

describe('Mcp-Method repeats the method of the body (A19)', () => {
  it('accepts the same method', () => {
    expect(objection({ 'mcp-method': 'ping' }, 'ping', {})).toBeUndefined();
  });

  it.each([
    ['missing', undefined], ['another', 'tools/list'], ['in other letters', 'PING'], ['empty', ''], ['encoded', base64('ping')],
    ['sent twice', 'ping, ping'], ['sent as a list', ['ping']],
  ])('refuses one that is %s', (_, header) => {
    expect(objection({ 'mcp-method': header }, 'ping', {})).toContain('Mcp-Method');
  });

  it('is told apart from a header that is missing or was sent twice', () => {
    expect(objection({}, 'ping', {})).toBe('Header mismatch: Mcp-Method is required');
    expect(objection({ 'mcp-method': 'pong' }, 'ping', {})).toBe('Header mismatch: Mcp-Method does not match the method of the body');
    expect(objection({ 'mcp-method': ['ping', 'ping'] }, 'ping', {})).toBe('Header mismatch: Mcp-Method was sent more than once');
  });

  it('is not fooled by members every object inherits', () => {
    expect(objection(Object.create({ 'mcp-method': 'ping' }), 'ping', {})).toContain('is required');
  });
});

describe('Mcp-Name repeats what the request is about (A19)', () => {
  it.each([
    ['tools/call', 'name'], ['prompts/get', 'name'], ['resources/read', 'uri'],
    ['tasks/get', 'taskId'], ['tasks/update', 'taskId'], ['tasks/cancel', 'taskId'],
  ])('of %s from params.%s', (method, source) => {
    const said = (name: string | undefined): string | undefined => objection({ 'mcp-method': method, 'mcp-name': name }, method, { [source]: 'a b' });
    expect(said('a b')).toBeUndefined();
    expect(said(base64('a b'))).toBeUndefined();
    expect(said(undefined)).toBe('Header mismatch: Mcp-Name is required');
    expect(said('A b')).toBe(`Header mismatch: Mcp-Name does not match params.${source} of the body`);
    expect(said(base64('a'))).toContain('does not match');
    expect(objection({ 'mcp-method': method, 'mcp-name': 'a' }, method, {})).toContain('does not match');
    expect(objection({ 'mcp-method': method, 'mcp-name': '1' }, method, { [source]: 1 })).toContain('does not match');
  });

  it('is named where it is at fault', () => {
    const said = (name: string | string[]): string | undefined => objection({ 'mcp-method': 'tools/call', 'mcp-name': name }, 'tools/call', { name: 'a' });
    expect(said('a\nb')).toBe('Header mismatch: Mcp-Name holds a character that header values may not carry');
    expect(said(['a', 'a'])).toBe('Header mismatch: Mcp-Name was sent more than once');
    expect(said('=?base64?YQ?=')).toBe('Header mismatch: Mcp-Name is not valid Base64 of UTF-8 text');
  });

  it('is not asked of other methods', () => {
    expect(objection({ 'mcp-method': 'tools/list' }, 'tools/list', {})).toBeUndefined();
    expect(objection({ 'mcp-method': 'tools/list', 'mcp-name': 'any' }, 'tools/list', { name: 'other' })).toBeUndefined();
  });
});

describe('a parameter header repeats the argument (A19)', () => {
  it.each([
    ['us-west1', 'us-west1'], ['us west 1', 'us west 1'], ['', ''], ['', '=?base64??='], ['Hello', '=?base64?SGVsbG8=?='],
    ['Hello, 世界', '=?base64?SGVsbG8sIOS4lueVjA==?='], [' padded ', '=?base64?IHBhZGRlZCA=?='],
    ['line1\nline2', '=?base64?bGluZTEKbGluZTI=?='], ['=?base64?literal?=', '=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?='],
    ['SGVsbG8=', 'SGVsbG8='], ['=?base64?SGVsbG8=', '=?base64?SGVsbG8='], ['=?BASE64?SGVsbG8=?=', '=?BASE64?SGVsbG8=?='],
    [true, 'true'], [false, 'false'], [true, base64('true')],
    [42, '42'], [42, '42.0'], [42, '42.000'], [-7, '-7'], [0, '-0'], [42, base64('42')], [9007199254740991, '9007199254740991.0'],
  ])('accepts %j as %j', (value, header) => {
    expect(objectionTo(value, header)).toBeUndefined();
  });

  it.each([
    ['us-west1', undefined], ['us-west1', 'us-west2'], ['us-west1', 'US-WEST1'], ['us-west1', base64('us-west1 ')], ['a', 'a, a'],
    ['a', ['a', 'a']], ['=?base64?YQ==?=', '=?base64?YQ==?='],
    [true, 'True'], [true, '1'], [false, ''], [true, 'false'], ['true', 'True'],
    [42, '43'], [42, '4.2e1'], [42, '042'], [42, '+42'], [42, '0x2a'], [42, '42.'], [42, '42.5'], [42, ' 42'], [42, ''], [0, ''],
    [9007199254740992, '9007199254740993'], [{ a: 1 }, '[object Object]'], [['a'], 'a'], [{}, undefined],
    [{ a: 1 }, 'true'], [{}, 'false'], [[], 'true'],
  ])('refuses %j as %j', (value, header) => {
    expect(objectionTo(value, header)).toContain('Header mismatch: mcp-param-city');
  });

  it.each([undefined, null])('ignores the header of an argument that is %s', (value) => {
    expect(objectionTo(value, undefined)).toBeUndefined();
    expect(objectionTo(value, 'anything \x00')).toBeUndefined();
  });

  it('is missed where the body carries its value', () => {
    expect(objectionTo('us-west1', undefined)).toBe('Header mismatch: mcp-param-city is required, because the body carries its value');
    expect(objectionTo('us-west1', 'us-west2')).toBe('Header mismatch: mcp-param-city does not match its value in the body');
  });

  it('is not asked for where what would hold the argument holds nothing', () => {
    const parameters = [{ header: 'mcp-param-city', path: ['place', 'city'], type: 'string' }] as const;
    const headers = { 'mcp-method': 'tools/call', 'mcp-name': 'echo' };
    const places: JsonValue[] = [null, 'city', 7, ['city'], {}];
    for (const place of places) expect(objection(headers, 'tools/call', { name: 'echo', arguments: { place } }, parameters)).toBeUndefined();
    expect(objection(headers, 'tools/call', { name: 'echo', arguments: null }, parameters)).toBeUndefined();
  });

  it('ignores headers no parameter asks for', () => {
    const headers = { 'mcp-method': 'tools/call', 'mcp-name': 'a', 'mcp-param-x': 'b' };
    expect(objection(headers, 'tools/call', { name: 'a', arguments: { x: 'c' } })).toBeUndefined();
  });

  it('leaves an argument of a wrong type to schema validation when the header repeats it', () => {
    expect(objectionTo(5, '5')).toBeUndefined();
    expect(objectionTo(1.5, '1.5')).toBeUndefined();
  });

  it('reads only members the arguments have themselves', () => {
    const parameters = [{ header: 'mcp-param-x', path: ['constructor', 'name'], type: 'string' }] as const;
    const headers = { 'mcp-method': 'tools/call', 'mcp-name': 'a' };
    expect(objection(headers, 'tools/call', { name: 'a', arguments: {} }, parameters)).toBeUndefined();
    expect(objection(headers, 'tools/call', { name: 'a' }, parameters)).toBeUndefined();
    expect(objection(headers, 'tools/call', { name: 'a', arguments: { constructor: { name: 'b' } } }, parameters)).toContain('mcp-param-x');
  });
});

describe('what a header value may not be (A18)', () => {
  it.each(['a\rb', 'a\nb', 'a\0b', 'a\x7fb', 'a\x1bb', 'caf\xe9', 'caf\u0102'])('refuses %j even where the body says the same', (value) => {
    expect(objectionTo(value, value)).toBe('Header mismatch: mcp-param-city holds a character that header values may not carry');
    expect(objection({ 'mcp-method': value }, value, {})).toContain('holds a character');
    expect(objection({ 'mcp-method': 'tools/call', 'mcp-name': value }, 'tools/call', { name: value })).toContain('holds a character');
  });

  it('accepts a tab between words', () => {
    expect(objectionTo('a\tb', 'a\tb')).toBeUndefined();
  });

  it.each([
    ['without padding', 'SGVsbG8'], ['with foreign characters', 'SGVs!!!bG8='], ['with a space', 'SGVs bG8='], ['of the URL alphabet', '-_-_'],
    ['with stray bits', 'YR=='], ['with padding inside', 'YQ==YQ=='], ['of an unpaired byte', '/w=='], ['of an encoded surrogate', '7aCA'],
  ])('refuses Base64 %s', (_, payload) => {
    expect(objectionTo('Hello', `=?base64?${payload}?=`)).toBe('Header mismatch: mcp-param-city is not valid Base64 of UTF-8 text');
  });

  it('refuses a sentinel whose start and end overlap', () => {
    expect(objectionTo('=?base64?=', '=?base64?=')).toContain('not valid Base64');
    expect(objectionTo('', '=?base64?=')).toContain('not valid Base64');
  });

  it('never repeats a value, hidden line breaks included', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 6 }), (value) => {
      for (const header of [value, base64(value), base64(`${value}\r\nx: y`)]) {
        expect(objectionTo('something else', header)).toMatch(/^Header mismatch: mcp-param-city [a-zA-Z0-9 -]+$/);
      }
    }));
  });
});

describe('what a client encodes, the server recognises', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom(' a', 'a\t', '=?base64??=', 'a\r\nb', '\ufeffa', ''));

  it('accepts any string, encoded by the rule or always', () => {
    fc.assert(fc.property(text, (value) => {
      expect(objectionTo(value, encoded(value))).toBeUndefined();
      expect(objectionTo(value, base64(value))).toBeUndefined();
    }));
  });

  it('refuses any other string', () => {
    fc.assert(fc.property(text, text, (value, other) => {
      fc.pre(value !== other);
      expect(objectionTo(value, encoded(other))).toContain('mcp-param-city');
    }));
  });

  it('compares any two integers as numbers', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), fc.nat(5), (value, other, zeros) => {
      const fraction = zeros === 0 ? '' : `.${'0'.repeat(zeros)}`;
      expect(objectionTo(value, `${value}${fraction}`)).toBeUndefined();
      expect(objectionTo(value, `${other}${fraction}`) === undefined).toBe(value === other);
    }));
  });
});

describe('mirrored parameters are read from a schema', () => {
  const region = { type: 'string', 'x-mcp-header': 'Region' };
  const properties = (members: Record<string, unknown>): JsonSchema => ({ type: 'object', properties: members });

  it('at any depth of properties', () => {
    const schema = properties({
      place: properties({ region, count: { type: 'integer', 'x-mcp-header': 'COUNT' } }),
      isDry: { type: 'boolean', 'x-mcp-header': "!#$%&'*+-.^_`|~09" }, open: true,
    });
    expect(mirroredParameters(schema)).toEqual([
      { header: 'mcp-param-region', path: ['place', 'region'], type: 'string' },
      { header: 'mcp-param-count', path: ['place', 'count'], type: 'integer' },
      { header: "mcp-param-!#$%&'*+-.^_`|~09", path: ['isDry'], type: 'boolean' },
    ]);
  });

  it('and a schema without any has none', () => {
    expect(mirroredParameters({ type: 'object' })).toEqual([]);
    expect(mirroredParameters(properties({ a: { type: 'string' } }))).toEqual([]);
  });

  it('where a property or a value of that name is no annotation', () => {
    expect(mirroredParameters(properties({ 'x-mcp-header': { type: 'string' } }))).toEqual([]);
    expect(mirroredParameters(properties({ a: { const: region, default: region, enum: [region], examples: [region] } }))).toEqual([]);
    expect(mirroredParameters({ required: ['x-mcp-header'], dependentRequired: { 'x-mcp-header': ['a'] } })).toEqual([]);
    expect(mirroredParameters({ 'x-own': null, items: [null, 'x-mcp-header'] })).toEqual([]);
    for (const map of ['patternProperties', 'dependentSchemas', '$defs', 'definitions']) {
      expect(mirroredParameters({ [map]: { 'x-mcp-header': { type: 'string' }, const: { type: 'string' } } })).toEqual([]);
      expect(() => mirroredParameters({ [map]: { const: region } })).toThrow(`x-mcp-header at ${map}.const must stand on a property`);
    }
  });

  it.each(['', 'My Region', 'Region:Primary', 'Région', 'Region\t1', 'a\r\nb', 7])(
    'but the name %j is refused', (name) => {
      expect(() => mirroredParameters(properties({ a: { type: 'string', 'x-mcp-header': name } })))
        .toThrow(new Error('x-mcp-header at properties.a must be a header name token'));
    });

  it.each(['number', 'object', 'array', 'null', undefined, [['string', 'null']]])('but the type %j is refused', (type) => {
    expect(() => mirroredParameters(properties({ a: { type, 'x-mcp-header': 'A' } })))
      .toThrow('properties.a needs the type string, integer or boolean');
  });

  it('but two names that differ in letter case alone are refused', () => {
    expect(() => mirroredParameters(properties({ a: region, b: properties({ c: { ...region, 'x-mcp-header': 'REGION' } }) })))
      .toThrow('properties.b.properties.c repeats a name');
  });

  it.each([
    ['the root', region, 'the root of the schema'],
    ['items', properties({ a: { items: region } }), 'properties.a.items'],
    ['prefixItems', properties({ a: { prefixItems: [true, region] } }), 'properties.a.prefixItems.1'],
    ['additionalProperties', { additionalProperties: region }, 'additionalProperties'],
    ['patternProperties', { patternProperties: { '^a': region } }, 'patternProperties.^a'],
    ['$defs', { $defs: { a: region } }, '$defs.a'],
    ['dependentSchemas', { dependentSchemas: { a: properties({ b: region }) } }, 'dependentSchemas.a.properties.b'],
    ['a keyword we do not know', { 'x-any': [{ deep: properties({ a: region }) }] }, 'x-any.0.deep.properties.a'],
  ])('but an annotation under %s is refused', (_, schema, place) => {
    expect(() => mirroredParameters(schema)).toThrow(`x-mcp-header at ${place} must stand on a property reached through properties alone`);
  });

  it.each(['oneOf', 'anyOf', 'allOf', 'not', 'if', 'then', 'else'])('but an annotation under %s is refused', (keyword) => {
    expect(() => mirroredParameters({ [keyword]: properties({ a: region }) })).toThrow(`${keyword}.properties.a must stand`);
    expect(() => mirroredParameters(properties({ b: { [keyword]: [properties({ a: region })] } }))).toThrow('must stand');
  });

  it('but a schema that never ends is refused', () => {
    const schema: JsonSchema = { type: 'object' };
    schema['properties'] = { self: schema };
    expect(() => mirroredParameters(schema)).toThrow(/^x-mcp-header at (?:properties\.self\.?){4} lies in a schema nested too deeply$/);
  });

  it('and one of two hundred levels is read, but not one more', () => {
    const nested = (levels: number, leaf: JsonSchema): JsonSchema => (levels === 0 ? leaf : properties({ a: nested(levels - 1, leaf) }));
    // 99 times `properties.a`, and the rest in a keyword of the leaf.
    expect(mirroredParameters(nested(99, { ...region, 'x-own': { deep: 1 } }))).toEqual([{ header: 'mcp-param-region', path: Array.from({ length: 99 }, () => 'a'), type: 'string' }]);
    expect(() => mirroredParameters(nested(99, { ...region, 'x-own': { deep: [1] } }))).toThrow('nested too deeply');
  });
});
