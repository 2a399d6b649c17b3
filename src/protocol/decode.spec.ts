/** Rows A4, A6, A8, A9, A24 and A26 as far as bytes alone decide them; the doors are tested over sockets. */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, decodeOrRefuse, defaultDecodeLimits, type DecodeLimits } from './decode.js';
import { Fault, faultTable, type FaultName } from './faults.js';
import type { Body } from './message.js';

const limits = defaultDecodeLimits;

function read(text: string | Buffer, within: DecodeLimits = limits): Body {
  return decode(Buffer.from(text), within);
}

function refusal(text: string | Buffer, within: DecodeLimits = limits): FaultName | undefined {
  const decoded = decodeOrRefuse(Buffer.from(text), within);
  return 'refused' in decoded ? decoded.refused.fault : undefined;
}

function idOfRefused(text: string): string | undefined {
  const decoded = decodeOrRefuse(Buffer.from(text), limits);
  if (!('refused' in decoded)) throw new Error(`accepted: ${text}`);
  return decoded.idText;
}

/** A call whose arguments are the given JSON text. */
function call(argumentsText: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":${argumentsText}}}`;
}

function withId(idText: string): string {
  return `{"jsonrpc":"2.0","id":${idText},"method":"ping"}`;
}

/** A case whose text may be long, with a title that is not. */
function titled(text: string): [title: string, text: string] {
  return [text.slice(0, 24), text];
}

describe('bytes that are not JSON in UTF-8 are refused (A6)', () => {
  it.each([
    ['a byte no UTF-8 has', [0x22, 0xff, 0x22]],
    ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a character cut short', [0x22, 0xe2, 0x82, 0x22]],
    ['a UTF-16 mark', [0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]],
  ])('refuses %s as malformed UTF-8', (_, bytes) => {
    expect(refusal(Buffer.from(bytes))).toBe('utf8_malformed');
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \r\n\t'],
    ['a byte order mark', `\ufeff${withId('1')}`],
    ['UTF-16 without a mark', Buffer.from(withId('1'), 'utf16le')],
    ['a text cut short', withId('1').slice(0, -1)],
    ['a string cut short', '{"jsonrpc":"2.0","method":"pi'],
    ['two messages', withId('1') + withId('2')],
    ['a trailing comma', '{"jsonrpc":"2.0","method":"ping",}'],
    ['a comment', `/**/${withId('1')}`],
    ['a raw line break in a string', '{"jsonrpc":"2.0","method":"pi\nng"}'],
    ['a number with a plus', withId('+1')],
    ['a number with a leading zero', withId('01')],
    ['a broken text that also repeats a name', '{"a":1,"a":'],
  ])('refuses %s as malformed JSON', (_, text) => {
    expect(refusal(text)).toBe('json_malformed');
  });

  it('answers each with 400 and −32700', () => {
    expect(faultTable.utf8_malformed).toMatchObject({ http: 400, rpc: -32700 });
    expect(faultTable.json_malformed).toMatchObject({ http: 400, rpc: -32700 });
  });
});

describe('a document is bounded before it is parsed (A4)', () => {
  it('accepts 64 levels and refuses 65', () => {
    const nested = (levels: number): string => call('['.repeat(levels - 2) + ']'.repeat(levels - 2));
    expect(refusal(nested(64))).toBeUndefined();
    expect(refusal(nested(65))).toBe('json_too_deep');
  });

  it.each([10_000, 1_000_000])('refuses %i nested arrays and objects without running out of stack', (levels) => {
    expect(refusal('['.repeat(levels) + ']'.repeat(levels))).toBe('json_too_deep');
    expect(refusal('['.repeat(levels))).toBe('json_too_deep');
    expect(refusal('{"a":'.repeat(levels))).toBe('json_too_deep');
  });

  it('accepts 1,000 members in one object and refuses the next', () => {
    const wide = (members: number): string => call(`{${Array.from({ length: members }, (_, n) => `"m${n}":0`).join()}}`);
    expect(refusal(wide(1000))).toBeUndefined();
    expect(refusal(wide(1001))).toBe('json_too_wide');
    expect(refusal(wide(100_000))).toBe('json_too_wide');
  });

  it('accepts 100,000 values in one body and refuses the next', () => {
    const frameValues = 7; // the body, jsonrpc, id, method, params, name, the array
    const many = (values: number): string => call(`[${Array.from({ length: values }, () => '1').join()}]`);
    expect(refusal(many(100_000 - frameValues))).toBeUndefined();
    expect(refusal(many(100_000 - frameValues + 1))).toBe('json_too_wide');
    expect(refusal(many(1_000_000))).toBe('json_too_wide');
  });

  it.each(['1', '""', 'true', 'null', '[]', '{}'])('counts %s as one value', (value) => {
    const within = { ...limits, maxValues: 10 };
    const many = (values: number): string => `{"jsonrpc":"2.0","method":"a","params":{"x":[${Array.from({ length: values }, () => value).join()}]}}`;
    expect(refusal(many(5), within)).toBeUndefined();
    expect(refusal(many(6), within)).toBe('json_too_wide');
  });

  it('counts no bracket, quote or comma inside a string', () => {
    const text = '[{"\\","\\\\'.repeat(20_000);
    expect(read(call(JSON.stringify(text)))).toMatchObject({ params: { arguments: text } });
  });

  it('ends on a million of any one character', () => {
    for (const character of '"\\{}[],:-0 tx\0') {
      expect(refusal(character.repeat(1_000_000)), JSON.stringify(character)).toBeDefined();
      expect(refusal(`"${character.repeat(1_000_000)}`), JSON.stringify(character)).toBeDefined();
    }
  });
});

describe('an object names each member once', () => {
  const tenNames = Array.from({ length: 10 }, (_, name) => `"${name}":0`).join();

  it.each([
    ['the same name', '{"a":1,"a":2}'],
    ['the same name written with an escape', '{"a":1,"\\u0061":2}'],
    ['the empty name', '{"":1,"":2}'],
    ['the first name far behind others', `{${tenNames},"0":0}`],
    ['the last name far behind others', `{${tenNames},"9":0}`],
    ['a name repeated before a nested object closed', '{"a":{"b":1},"c":[{}],"a":2}'],
  ])('refuses %s', (_, text) => {
    expect(refusal(call(text))).toBe('name_repeated');
  });

  it('accepts one name in several objects', () => {
    expect(refusal(call('{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}}'))).toBeUndefined();
    expect(refusal(call(`[{${tenNames}},{${tenNames}},{"9":{${tenNames}},"8":{${tenNames}}}]`))).toBeUndefined();
  });

  it('refuses a second method, which a proxy may read instead of the last', () => {
    expect(refusal('{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}')).toBe('name_repeated');
  });
});

describe('names that reach for a prototype are refused', () => {
  it.each([
    '{"__proto__":{}}', '{"a":[{"__proto__":1}]}', '{"\\u005f_proto__":1}',
    '{"constructor":{"prototype":{}}}', '{"constructor":{"a":1,"prototyp\\u0065":{}}}',
  ])('refuses %s', (text) => {
    expect(refusal(call(text))).toBe('name_forbidden');
  });

  it.each(['{"prototype":1}', '{"constructor":1}', '{"constructor":{"a":{"prototype":1}}}', '{"constructor":[{"prototype":1}]}', '["__proto__"]'])(
    'accepts %s', (text) => {
      expect(refusal(call(text))).toBeUndefined();
    });
});

describe('a number arrives as it was written', () => {
  it.each(['9007199254740993', '-9007199254740993', '12345678901234567890', '1e999', '-1E999', '9'.repeat(400), `${'9'.repeat(400)}.0`].map(titled))(
    'refuses %s', (_, literal) => {
      expect(refusal(call(`[${literal}]`))).toBe('number_inexact');
    });

  it.each(['9007199254740993', '1e999'])('refuses a body that is nothing but %s', (literal) => {
    expect(refusal(literal)).toBe('number_inexact');
  });

  it.each(['9007199254740991', '9007199254740992', '100000000000000000000', '1e+21', '1e308', '0.1234567890123456789', '-0', '1e-999'])(
    'accepts %s', (literal) => {
      expect(read(call(`[${literal}]`))).toMatchObject({ params: { arguments: [Number(literal)] } });
    });

  it('accepts every number that JSON.stringify writes', () => {
    fc.assert(fc.property(fc.oneof(fc.double({ noDefaultInfinity: true, noNaN: true }), fc.maxSafeInteger()), (value) => {
      expect(refusal(call(`[${JSON.stringify(value)}]`))).toBeUndefined();
    }));
  });
});

describe('a request id is a string or a whole number and comes back byte for byte (A8)', () => {
  it.each(['null', 'true', '{}', '[]', '[1]', '1.5', '1.0', '1e2', '1E0', '-0', '9007199254740992', '9007199254740993', '-9007199254740992',
    '1e999', JSON.stringify('x'.repeat(10_240)), JSON.stringify('x'.repeat(257)), JSON.stringify('é'.repeat(129))].map(titled))(
    'refuses %s', (_, idText) => {
      expect(refusal(withId(idText))).toBe('id_malformed');
      expect(idOfRefused(withId(idText))).toBeUndefined();
    });

  it.each(['0', '1', '-1', '9007199254740991', '-9007199254740991', '""', '"a"', '"\\u0061"', '"\\ud800"', '"\\/\\n"', '"𝄞"',
    JSON.stringify('x'.repeat(256)), JSON.stringify('é'.repeat(128))].map(titled))('accepts %s', (_, idText) => {
    expect(read(withId(idText))).toEqual({ kind: 'request', id: JSON.parse(idText), idText, method: 'ping', params: {} });
  });

  it('keeps the bytes of any id, wherever it stands', () => {
    const character = fc.oneof(
      fc.constantFrom('a', 'é', '𝄞', ' ', '\\"', '\\\\', '\\/', '\\b', '\\u0041', '\\uD834\\uDD1E', '\u2028', '{', ','),
      fc.nat(0xffff).map((code) => `\\u${code.toString(16).padStart(4, '0')}`),
    );
    const idText = fc.oneof(
      fc.array(character, { maxLength: 20 }).map((characters) => `"${characters.join('')}"`),
      fc.maxSafeInteger().map(String),
    );
    fc.assert(fc.property(idText, fc.nat(3), fc.constantFrom('', ' ', '\r\n\t'), (text, place, space) => {
      const members = ['"jsonrpc":"2.0"', '"method":"ping"', '"params":{"id":"other","a":[{"id":7}]}'];
      members.splice(place, 0, `${space}"i\\u0064"${space}:${space}${text}${space}`);
      const body = read(`${space}{${members.join(',')}}${space}`);
      expect(body).toMatchObject({ kind: 'request', id: JSON.parse(text), idText: text });
    }));
  });
});

describe('a body holds JSON-RPC 2.0 messages and nothing else', () => {
  it('tells requests, notifications and responses apart', () => {
    expect(read('{"jsonrpc":"2.0","id":1,"method":"a","params":{"b":1}}'))
      .toEqual({ kind: 'request', id: 1, idText: '1', method: 'a', params: { b: 1 } });
    expect(read('{"jsonrpc":"2.0","method":"a"}')).toEqual({ kind: 'notification', method: 'a', params: {} });
    expect(read('{"jsonrpc":"2.0","id":"x","result":{"b":1}}')).toEqual({ kind: 'response', id: 'x', result: { b: 1 } });
    expect(read('{"jsonrpc":"2.0","id":2,"error":{"code":-1,"message":"no","data":[]}}'))
      .toEqual({ kind: 'response', id: 2, error: { code: -1, message: 'no' } });
  });

  it.each([
    'null', '1', '"a"', '"__proto__"', '{}', '{"jsonrpc":"1.0","id":1,"method":"a"}', '{"jsonrpc":2.0,"id":1,"method":"a"}', '{"id":1,"method":"a"}',
    '{"jsonrpc":"2.0"}', '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0","id":1,"method":7}', '{"jsonrpc":"2.0","id":1,"method":null}',
    '{"jsonrpc":"2.0","id":1,"method":"a","params":null}', '{"jsonrpc":"2.0","id":1,"method":"a","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"a","params":"b"}', '{"jsonrpc":"2.0","id":1,"method":"a","result":{}}',
    '{"jsonrpc":"2.0","id":1,"method":"a","error":null}', '{"jsonrpc":"2.0","result":{}}', '{"jsonrpc":"2.0","id":1,"result":[]}',
    '{"jsonrpc":"2.0","id":1,"result":null}', '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}',
    '{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}', '{"jsonrpc":"2.0","id":1,"error":{"code":1}}',
    '{"jsonrpc":"2.0","id":1,"error":"no"}',
  ])('refuses %s', (text) => {
    expect(refusal(text)).toBe('message_malformed');
  });
});

describe('a refusal carries the id of the request it refuses', () => {
  it.each([
    ['params are no object', '{"jsonrpc":"2.0","id":"\\u0061","method":"a","params":[]}'],
    ['the version is wrong', '{"jsonrpc":"1.0","id":"\\u0061","method":"a"}'],
    ['a name is repeated', '{"jsonrpc":"2.0","params":{"b":1,"b":2},"id":"\\u0061","method":"a"}'],
    ['it is too deep', `{"jsonrpc":"2.0","id":"\\u0061","method":"a","params":${'['.repeat(100)}`],
  ])('when %s', (_, text) => {
    expect(idOfRefused(text)).toBe('"\\u0061"');
  });

  it.each([
    ['the JSON is malformed', '{"jsonrpc":"2.0","id":1,"method":"a"'],
    ['there are two ids', '{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}'],
    ['it is a response, whose id is one of ours', '{"jsonrpc":"2.0","id":1,"result":[]}'],
    ['a deep response', `{"jsonrpc":"2.0","id":1,"result":${'['.repeat(100)}`],
    ['it is a batch', '[{"jsonrpc":"2.0","id":1,"method":"a","params":[]}]'],
    ['the id is no JSON and the rest is never parsed', `{"id":"\\x","method":"a","params":${'['.repeat(100)}`],
  ])('but not when %s', (_, text) => {
    expect(idOfRefused(text)).toBeUndefined();
  });
});

describe('a batch is taken or refused as a whole (A9)', () => {
  const batch = (count: number): string => `[${Array.from({ length: count }, (_, id) => withId(String(id))).join()}]`;

  it('accepts 1 to 50 messages with their ids in order', () => {
    for (const count of [1, 50]) {
      const messages = Array.from({ length: count }, (_, id) => ({ kind: 'request', id, idText: String(id), method: 'ping', params: {} }));
      expect(read(batch(count))).toEqual({ kind: 'batch', messages });
    }
  });

  it('accepts one of notifications alone and keeps the id of each request beside them', () => {
    const notification = '{"jsonrpc":"2.0","method":"a"}';
    expect(read(` [${notification},${notification}] `)).toMatchObject({ messages: [{ kind: 'notification' }, { kind: 'notification' }] });
    expect(read(`[${notification},${withId('"\\u0061"')}]`)).toMatchObject({ messages: [{}, { idText: '"\\u0061"' }] });
  });

  it.each([['empty', '[]', 'A batch must hold a message'], ['of 51', batch(51), 'A batch may hold 50 messages']])('refuses one that is %s, and says why', (_, text, said) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ fault: 'batch_refused', say: said }));
  });

  it.each([
    ['of 100,000', batch(100_000), 'json_too_wide'],
    ['nested', `[${batch(1)}]`, 'message_malformed'],
    ['with one bad element', `[${withId('1')},1]`, 'message_malformed'],
    ['with one bad id', `[${withId('1')},${withId('null')}]`, 'id_malformed'],
    ['with a repeated name', `[${withId('1')},{"jsonrpc":"2.0","jsonrpc":"2.0","method":"a"}]`, 'name_repeated'],
  ])('refuses one %s', (_, text, expected) => {
    expect(refusal(text)).toBe(expected);
  });
});

describe('decoding holds for bodies nobody thought of (A26)', () => {
  const names = fc.string({ unit: 'binary' }).filter((name) => name !== '__proto__' && name !== 'prototype');
  const { value: json } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, fc.string({ unit: 'binary' }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }), tie('object')),
    object: fc.dictionary(names, tie('value'), { maxKeys: 12, noNullPrototype: true }),
  }));
  const message = fc.record({
    jsonrpc: fc.constant('2.0'), id: fc.oneof(fc.maxSafeInteger(), fc.string({ maxLength: 40 })), method: fc.string(),
    params: fc.dictionary(names, json, { maxKeys: 12, noNullPrototype: true }),
  });

  it('reads a valid request as JSON.parse does, however it is indented', () => {
    fc.assert(fc.property(message, fc.constantFrom('', ' ', '\t', '\r\n'), (sent, indent) => {
      const { id, method, params } = sent;
      expect(read(JSON.stringify(sent, null, indent))).toEqual({ kind: 'request', id, idText: JSON.stringify(id), method, params });
    }));
  });

  it('throws nothing but faults for arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => decode(Buffer.from(bytes), limits)).toThrow(Fault);
    }));
  });

  it('throws nothing but faults for damaged messages, and takes no damage in silence', () => {
    const piece = fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e', 't', '\\u', '"id":1,', '"a":1,"a":1', '\0', '1e999');
    const damage = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), removed: fc.nat(6), piece });
    fc.assert(fc.property(message, fc.array(damage, { minLength: 1, maxLength: 3 }), (sent, damages) => {
      let text = JSON.stringify(sent);
      for (const { at, removed, piece: inserted } of damages) {
        const start = Math.floor(at * text.length);
        text = text.slice(0, start) + inserted + text.slice(start + removed);
      }
      const decoded = decodeOrRefuse(Buffer.from(text), limits);
      if ('refused' in decoded) expect(decoded.refused).toBeInstanceOf(Fault);
      else expect(JSON.parse(Buffer.from(text).toString())).toMatchObject({ jsonrpc: '2.0' });
    }), { numRuns: 1000 });
  });

  it('refuses exactly what a second, recursive reading of the document objects to', () => {
    const narrow: DecodeLimits = { maxDepth: 4, maxMembers: 11, maxValues: 40, maxIdBytes: 256 };
    const written = fc.constantFrom(
      'a', '\\u0061', 'b', 'c', '\\"', '\\\\', 'constructor', 'prototype', '__proto__', ...'defghijklmnop',
    );
    type Tree = { text: string } | { elements: Tree[] } | { members: [string, Tree][] };
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof({ maxDepth: 5, withCrossShrink: true },
        fc.record({ text: fc.constantFrom('1', '"]"', '"\\""', 'null', '9007199254740993', '"9007199254740993"', '1.5e3') }),
        fc.record({ elements: fc.array(tie('tree'), { maxLength: 5 }) }),
        fc.record({ members: fc.array(fc.tuple(written, tie('tree')), { maxLength: 13 }) })),
    }));

    function print(node: Tree): string {
      if ('text' in node) return node.text;
      if ('elements' in node) return `[ ${node.elements.map(print).join(' ,')}]`;
      return `{${node.members.map(([name, child]) => `"${name}" :${print(child)}`).join(',\n')} }`;
    }

    /** Collects what is wrong with a tree and returns how many values it has. */
    function objections(node: Tree, depth: number, isConstructor: boolean, found: Set<string>): number {
      if ('text' in node) {
        if (node.text === '9007199254740993') found.add('number_inexact');
        return 1;
      }
      if (depth > narrow.maxDepth) found.add('json_too_deep');
      if ('elements' in node) return node.elements.reduce((sum, child) => sum + objections(child, depth + 1, false, found), 1);
      const own = node.members.map(([name]) => String(JSON.parse(`"${name}"`)));
      if (own.length > narrow.maxMembers) found.add('json_too_wide');
      if (new Set(own).size < own.length) found.add('name_repeated');
      if (own.includes('__proto__') || (isConstructor && own.includes('prototype'))) found.add('name_forbidden');
      return node.members.reduce((sum, [name, child]) => sum + objections(child, depth + 1, name === 'constructor', found), 1);
    }

    fc.assert(fc.property(tree, (node) => {
      const found = new Set<string>();
      const params = { members: [['x', node]] } satisfies Tree;
      const members: [string, Tree][] = [['jsonrpc', { text: '"2.0"' }], ['method', { text: '"a"' }], ['params', params]];
      if (objections({ members }, 1, false, found) > narrow.maxValues) found.add('json_too_wide');
      const raised = refusal(`{"jsonrpc":"2.0","method":"a","params":{"x":${print(node)}}}`, narrow);
      expect(raised === undefined ? found.size === 0 : found.has(raised), `${raised} in ${[...found].join()}`).toBe(true);
    }), { numRuns: 2000 });
  });
});
