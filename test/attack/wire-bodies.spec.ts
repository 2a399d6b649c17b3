/** Bodies no client would send, at every door that takes messages: each is refused by name, runs nothing and harms nobody (rows A3, A4, A6, A8, A10). */
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { doors, noteCall, post, WireServer, type WireDoor } from '../support/wire.js';

let server: WireServer;
beforeAll(async () => {
  // Room for what is too deep or too wide without being too long.
  server = await WireServer.start({ MCP_MAX_MESSAGE_SIZE: String(16 * 1024 ** 2) });
});
afterAll(() => server.stop());

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const wide = (members: number): string => `{${Array.from({ length: members }, (_, index) => `"m${index}":0`).join()}}`;
const long = (values: number): string => `[${'1,'.repeat(values - 1)}1]`;
const within = (argumentsText: string): string => noteCall('1', argumentsText);

const invalid: [what: string, body: string][] = [
  // The message, its params and its arguments are three levels above.
  ['65 levels', within(`{"a":${nested(62)}}`)], ['10,000 levels', within(`{"a":${nested(10_000)}}`)], ['a million levels', within(`{"a":${nested(1_000_000)}}`)],
  ['a million levels and nothing else', nested(1_000_000)], ['a million levels that never close', '['.repeat(1_000_000)],
  ['a million objects in one another', `${'{"a":'.repeat(1_000_000)}0${'}'.repeat(1_000_000)}`],
  ['an object of 100,000 members', within(wide(100_000))], ['a million values', within(`{"a":${long(1_000_000)}}`)],
  ['a name that stands twice', within('{"text":"one","text":"two"}')], ['a prototype', within('{"__proto__":{"text":"x"}}')],
  ['a number that nobody can hold', within('{"text":"x","n":9007199254740993}')],
];

const broken: [what: string, body: Buffer][] = [
  ['a byte that UTF-8 does not have', Buffer.concat([Buffer.from('{"jsonrpc":"2.0","method":"'), Buffer.of(0xff), Buffer.from('"}')])],
  ['an overlong slash', Buffer.concat([Buffer.from('{"jsonrpc":"2.0","method":"'), Buffer.of(0xc0, 0xaf), Buffer.from('"}')])],
  ['an encoded surrogate', Buffer.concat([Buffer.from('{"jsonrpc":"2.0","method":"'), Buffer.of(0xed, 0xa0, 0x80), Buffer.from('"}')])],
  ['UTF-16', Buffer.from(noteCall(), 'utf16le')], ['UTF-16 with its mark', Buffer.from(`\ufeff${noteCall()}`, 'utf16le')],
  ['a byte order mark', Buffer.from(`\ufeff${noteCall()}`)], ['a text cut short', Buffer.from(noteCall().slice(0, -1))],
  ['two messages', Buffer.from(noteCall() + noteCall())], ['nothing', Buffer.of()], ['a gzipped message', gzipSync(noteCall())],
  ['a raw NUL', Buffer.from(noteCall('1', '{"text":"a\0b"}'))],
];

const ids = ['null', 'true', '1.5', '1.0', '1e2', '-0', '9007199254740993', '1e999', '{}', '[]', JSON.stringify('x'.repeat(10_240))];
const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json', 'application/jsonx', 'application/json-patch+json', 'application/json, text/plain', ''];

describe.each(doors)('at the door of %s', (_name, open) => {
  let door: WireDoor;
  beforeEach(async () => {
    door = await open(server);
  });
  afterEach(async () => {
    door.close();
    await server.unharmed();
  });

  it.each(invalid)('refuses %s with 400 and −32600 (A4)', async (_what, body) => {
    const { status, body: answer } = await post(server, door, body);
    expect({ status, code: JSON.parse(answer).error.code }).toEqual({ status: 400, code: door.code(-32600) });
    // A refusal never quotes what it refuses.
    expect(answer.length).toBeLessThan(1000);
  });

  it.each(broken)('refuses %s with 400 and −32700 (A6)', async (_what, body) => {
    const { status, body: answer } = await post(server, door, body);
    expect({ status, code: JSON.parse(answer).error.code }).toEqual({ status: 400, code: door.code(-32700) });
  });

  it.each(ids.map((id) => [id.slice(0, 20), id]))('refuses the id %s with 400 and −32600 (A8)', async (_title, id) => {
    const { status, body: answer } = await post(server, door, noteCall(id));
    expect({ status, code: JSON.parse(answer).error.code }).toEqual({ status: 400, code: door.code(-32600) });
  });

  it.each(types)('refuses the type "%s" with 415, which a page could send without asking (A10)', async (type) => {
    expect((await post(server, door, noteCall(), `Content-Type: ${type}`)).status).toBe(415);
  });

  it.each(['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'x-unknown'])('refuses a body of %s with 415 (A3)', async (coding) => {
    expect((await post(server, door, gzipSync(noteCall()), `Content-Encoding: ${coding}`)).status).toBe(415);
  });
});

describe('what is not too deep, too wide or too long is served all the same (A4, A8)', () => {
  const allowed: [what: string, argumentsText: string][] = [
    ['64 levels', `{"a":${nested(61)}}`], ['1,000 members', wide(1000)], ['90,000 values', `{"a":${long(90_000)}}`], ['a text of brackets', `{"text":${JSON.stringify(nested(100_000))}}`],
  ];

  it.each(doors.flatMap(([name, open]) => allowed.map(([what, argumentsText]) => ({ name, what, open, argumentsText }))))('serves $what at the door of $name', async ({ open, argumentsText }) => {
    const door = await open(server);
    expect((await post(server, door, within(argumentsText))).status).toBeLessThan(300);
    expect(await server.ledger()).toHaveLength(1);
    door.close();
  });

  it.each(['0', '-1', '9007199254740991', '-9007199254740991', '""', '"\\u0061"', '"\\/\\n"', '"𝄞"', '"\\ud800"'])('gives the id %s back byte for byte', async (id) => {
    for (const [, open] of doors.filter(([name]) => name !== '/messages')) {
      const door = await open(server);
      expect((await post(server, door, noteCall(id))).body).toContain(`{"jsonrpc":"2.0","id":${id},"result":`);
      door.close();
    }
    expect(await server.ledger()).toHaveLength(3);
  });
});
