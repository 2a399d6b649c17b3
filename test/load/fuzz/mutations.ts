/** Damage: to the structure of a message, to its bytes, to its headers, to the head as a whole. */
import type { Dice } from './dice.js';
import type { Json, Sample } from './corpus.js';

/** What became of a sample. */
export interface Damaged {
  /** The bytes of the request. */
  bytes: Buffer;
  /** The body among them, as text. */
  body: string;
  /** Whether the head was damaged as bytes, so that even its end may be anywhere. */
  wild: boolean;
}

const DEEP = '['.repeat(80) + ']'.repeat(80);
const VALUES: readonly [Json, ...Json[]] = [
  null, true, false, 0, -1, 1.5, 1e21, 2 ** 53, '', 'a', '\u0000', '\ud800', '__proto__', 'constructor', '../../etc/passwd', 'x'.repeat(3000), [], {}, [[]], [null], { a: { a: { a: {} } } },
  'tools/call', 'notifications/cancelled', '2026-07-28', '2099-01-01', 'tools/list\r\nX: y', '%00', '\u202e\u2028', Array.from({ length: 200 }, () => 1), { toString: 1, valueOf: 1 },
];
const NAMES: readonly [string, ...string[]] = ['id', 'method', 'params', 'jsonrpc', 'result', 'error', 'name', 'uri', 'arguments', '_meta', 'cursor', 'constructor', 'toString', 'then', '', 'io.modelcontextprotocol/protocolVersion'];
const TOKENS: readonly [string, ...string[]] = ['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', 'e9', '1e999', '9007199254740993', 'null', '\\u0000', '\\ud800', '\\x', '"id":1,', '"__proto__":{},', '\0', '\r\n', '\ufeff', '\u{1F600}', '//', DEEP];
const HEADER_VALUES: readonly [string, ...string[]] = [
  '', ' ', 'a', '*/*', 'application/json', 'text/event-stream', 'text/plain', 'application/json; charset=utf-16', 'gzip', 'none', '2024-11-05', '2025-06-18', '2026-07-28', '2099-01-01', 'tools/call', 'tools/list',
  'localhost', 'evil.example', 'http://evil.example', 'null', '-1', '0', '9'.repeat(20), '=?base64?bm90ZQ==?=', '=?base64??=', '=?base64?%%%?=', 'Bearer x', 'Basic eDp5', '\t', 'x'.repeat(5000), 'é', '\x80\xff',
];
const HEADER_NAMES: readonly [string, ...string[]] = [
  'accept', 'content-type', 'content-encoding', 'mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-param-region', 'mcp-param-level', 'last-event-id', 'origin', 'authorization', 'x-api-key', 'cookie',
  'x-forwarded-for', 'x-http-method-override', 'upgrade', 'te', 'trailer', 'dpop', '__proto__', 'constructor',
];

/** A sample, damaged in one way or, now and then, not at all. */
export function damage(dice: Dice, sample: Sample): Damaged {
  const kind = dice.below(20);
  const headers = Object.entries(sample.headers);
  const path = kind === 16 ? `${sample.path}${dice.pick(['?', '/', '%', '%00', '?sessionId=a', '&sessionId=', '/..', '#'])}` : sample.path;
  const lines = kind >= 12 && kind < 16 ? changedHeaders(dice, headers) : headers;
  const whole = sample.body === undefined ? '' : JSON.stringify(kind >= 3 && kind < 9 ? reshaped(dice, sample.body) : sample.body);
  const body = kind >= 8 && kind < 12 ? changedBytes(dice, Buffer.from(whole)) : Buffer.from(whole);
  const length = sample.method === 'POST' ? [`Content-Length: ${body.length}`] : [];
  const head = [`${sample.method} ${path} HTTP/1.1`, 'Host: localhost', ...lines.map(([name, value]) => `${name}: ${value}`), ...length].join('\r\n');
  const wild = kind >= 18;
  const start = Buffer.from(`${head}\r\n\r\n`, 'latin1');
  return { bytes: Buffer.concat([wild ? changedBytes(dice, start) : start, body]), body: body.toString(), wild };
}

/** One to three changes of structure, anywhere. */
function reshaped(dice: Dice, body: Json): Json {
  let changed = body;
  for (let left = 1 + dice.below(3); left > 0; left--) changed = reshapedAt(dice, changed, 2 + dice.below(4));
  return changed;
}

function reshapedAt(dice: Dice, value: Json, depth: number): Json {
  if (Array.isArray(value)) {
    const index = dice.below(value.length);
    const element = value[index];
    if (element === undefined || depth === 0) return rearranged(dice, value);
    return value.with(index, reshapedAt(dice, element, depth - 1));
  }
  if (typeof value !== 'object' || value === null) return dice.pick(VALUES);
  const members = Object.entries(value);
  const [name, member] = members[dice.below(members.length)] ?? [];
  if (name === undefined || member === undefined || depth === 0) return { ...value, [dice.pick(NAMES)]: dice.pick(VALUES) };
  switch (dice.below(6)) {
    case 0: return Object.fromEntries(members.filter(([other]) => other !== name));
    case 1: return { ...value, [name]: dice.pick(VALUES) };
    case 2: return { ...Object.fromEntries(members.filter(([other]) => other !== name)), [dice.pick(NAMES)]: member };
    case 3: return dice.chance(0.1) ? [value] : { ...value, [name]: [member] };
    default: return { ...value, [name]: reshapedAt(dice, member, depth - 1) };
  }
}

function rearranged(dice: Dice, value: Json[]): Json[] {
  switch (dice.below(3)) {
    case 0: return [...value, ...value];
    case 1: return value.slice(1);
    default: return [...value, dice.pick(VALUES)];
  }
}

/** One to four changes of bytes. */
function changedBytes(dice: Dice, bytes: Buffer): Buffer {
  let changed = bytes;
  for (let left = 1 + dice.below(4); left > 0; left--) {
    const at = dice.below(changed.length + 1);
    const [before, after] = [changed.subarray(0, at), changed.subarray(at)];
    switch (dice.below(6)) {
      case 0: changed = Buffer.concat([before, Buffer.from(dice.pick(TOKENS)), after]); break;
      case 1: changed = Buffer.concat([before, after.subarray(1 + dice.below(8))]); break;
      case 2: changed = Buffer.concat([before, Buffer.of(dice.below(256)), after.subarray(1)]); break;
      case 3: changed = Buffer.concat([before, after.subarray(0, dice.below(40)), after]); break;
      case 4: changed = Buffer.concat([before, Buffer.from(dice.pick(TOKENS)), after.subarray(dice.below(6))]); break;
      default: changed = dice.chance(0.2) ? before : Buffer.concat([before, Buffer.of((after[0] ?? 0) ^ (1 << dice.below(8))), after.subarray(1)]);
    }
  }
  return changed;
}

/** One to three changes of headers, each still one that HTTP can carry. */
function changedHeaders(dice: Dice, headers: readonly [string, string][]): [string, string][] {
  let changed = [...headers];
  for (let left = 1 + dice.below(3); left > 0; left--) {
    const index = dice.below(changed.length);
    const [name = 'x-empty', value = ''] = changed[index] ?? [];
    switch (dice.below(6)) {
      case 0: changed = changed.filter((_, place) => place !== index); break;
      case 1: changed = [...changed, [name, value]]; break;
      case 2: changed = [...changed, [dice.pick(HEADER_NAMES), dice.pick(HEADER_VALUES)]]; break;
      case 3: changed = [...changed.filter((_, place) => place !== index), [name.toUpperCase(), value]]; break;
      default: changed = [...changed.filter((_, place) => place !== index), [name, dice.pick(HEADER_VALUES)]];
    }
  }
  return changed;
}
