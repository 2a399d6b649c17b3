/** Revision 2026-07-28 over HTTP: `_meta`, mirrored headers, versions and methods (rows A18, A19, A20, A21, A22). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { perRequest, rpc, send, streamPerRequest, type Reply } from '../support/http-mcp.js';

let gatehouse: Gatehouse;
let ledger: Ledger;
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [LedgerModule] });
  ledger = gatehouse.app.get(Ledger);
});
afterAll(() => gatehouse.close());
beforeEach(() => {
  ledger.rows.length = 0;
});

type Changes = Record<string, string | undefined>;

/** Sends a request with some headers changed, or left out where undefined. */
function ask(method: string, params: Record<string, unknown> = {}, changed: Changes = {}, meta?: unknown): Promise<Reply> {
  const { headers, json } = perRequest(1, method, params);
  const merged = Object.entries({ ...headers, ...changed }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const body = meta === undefined ? json : { ...json, params: { ...params, ...(meta === null ? {} : { _meta: meta }) } };
  return send(`${gatehouse.url}/mcp`, { headers: Object.fromEntries(merged), json: body });
}

const note = { name: 'note', arguments: { text: 'a' } };
const placed = (args: object): Record<string, unknown> => ({ name: 'placed', arguments: args });

/** What became of a request: its answer, and what ran. */
function outcome(reply: Reply): object {
  const { id, error } = rpc(reply);
  return { status: reply.status, code: error?.code, id, rows: ledger.rows };
}

const refusal = (code: number): object => ({ status: 400, code, id: 1, rows: [] });

describe('a request without a session carries everything (R186)', () => {
  it('is answered without a handshake and without a session id', async () => {
    const reply = await ask('tools/call', note);
    expect(reply.status).toBe(200);
    expect(rpc(reply)).toMatchObject({ id: 1, result: { resultType: 'complete', content: [{ text: 'noted a' }] } });
    expect(reply.headers).not.toHaveProperty('mcp-session-id');
  });

  it('pays no attention to a session id', async () => {
    expect((await ask('tools/call', note, { 'mcp-session-id': 'whatever' })).status).toBe(200);
  });

  it.each(['server/discover', 'tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'])('answers %s', async (method) => {
    expect((await ask(method)).status).toBe(200);
  });

  it('takes a notification with 202', async () => {
    const { headers } = perRequest(1, 'notifications/cancelled');
    const reply = await send(`${gatehouse.url}/mcp`, { headers, json: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } });
    expect([reply.status, reply.text]).toEqual([202, '']);
  });

  it('refuses a response, since no question was sent (A24)', async () => {
    const reply = await send(`${gatehouse.url}/mcp`, { headers: perRequest(1, 'ping').headers, json: { jsonrpc: '2.0', id: 1, result: {} } });
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, -32600]);
  });
});

describe('an absent or incomplete _meta is refused with −32602 (A21)', () => {
  it.each([
    ['absent', null], ['empty', {}], ['without a version', { [CAPABILITIES]: {} }], ['with a version that is a number', { [VERSION]: 20260728, [CAPABILITIES]: {} }],
    ['without capabilities', { [VERSION]: '2026-07-28' }], ['with capabilities that are a list', { [VERSION]: '2026-07-28', [CAPABILITIES]: [] }],
    ['with a client that has no name', { [VERSION]: '2026-07-28', [CAPABILITIES]: {}, 'io.modelcontextprotocol/clientInfo': {} }],
    ['with a log level nobody knows', { [VERSION]: '2026-07-28', [CAPABILITIES]: {}, 'io.modelcontextprotocol/logLevel': 'loud' }],
  ])('refuses one that is %s', async (_what, meta) => {
    expect(outcome(await ask('tools/call', note, {}, meta))).toEqual(refusal(-32602));
  });
});

describe('a version that is not served is refused with −32022 and the served ones (A20)', () => {
  it.each(['2099-01-01', '2026-07-29', '2026-07-28-rc', 'garbage', ''])('refuses "%s"', async (version) => {
    const reply = await ask('tools/call', note, { 'mcp-protocol-version': version }, { [VERSION]: version, [CAPABILITIES]: {} });
    expect(outcome(reply)).toEqual(refusal(-32022));
    expect(rpc(reply).error?.data).toMatchObject({ requested: version, supported: expect.arrayContaining(['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']) });
  });
});

describe('headers that do not repeat the body are refused with −32020 and nothing runs (A19)', () => {
  it.each<[string, Changes]>([
    ['no MCP-Protocol-Version', { 'mcp-protocol-version': undefined }],
    ['no Mcp-Method', { 'mcp-method': undefined }],
    ['another Mcp-Method', { 'mcp-method': 'tools/list' }],
    ['Mcp-Method in other letters', { 'mcp-method': 'Tools/Call' }],
    ['no Mcp-Name', { 'mcp-name': undefined }],
    ['another Mcp-Name', { 'mcp-name': 'greet' }],
    ['Mcp-Name in other letters', { 'mcp-name': 'Note' }],
    ['Mcp-Name with percent escapes', { 'mcp-name': 'n%6fte' }],
    ['an empty Mcp-Name', { 'mcp-name': '' }],
    ['broken Base64 in Mcp-Name', { 'mcp-name': '=?base64?bm90Z*==?=' }],
    ['Base64 of something else in Mcp-Name', { 'mcp-name': `=?base64?${Buffer.from('note\r\nX: y').toString('base64')}?=` }],
  ])('refuses %s', async (_what, changed) => {
    expect(outcome(await ask('tools/call', note, changed))).toEqual(refusal(-32020));
  });

  it('refuses a header of one revision with a body of another', async () => {
    expect(outcome(await ask('tools/call', note, { 'mcp-protocol-version': '2025-11-25' }))).toEqual(refusal(-32020));
  });

  it('serves names of headers in any letters, and a name in Base64', async () => {
    const { headers, json } = perRequest(1, 'tools/call', note);
    const { 'mcp-method': method, 'mcp-name': _name, ...rest } = headers;
    const reply = await send(`${gatehouse.url}/mcp`, { headers: { ...rest, 'MCP-METHOD': method ?? '', 'mCp-NaMe': `=?base64?${Buffer.from('note').toString('base64')}?=` }, json });
    expect(reply.status).toBe(200);
  });
});

describe('parameters that travel as headers are checked the same way (A18, A19)', () => {
  const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;
  const args = { region: 'eu', level: 42, dry: true };
  const own = { 'mcp-param-region': 'eu', 'mcp-param-level': '42', 'mcp-param-dry': 'true' };

  it.each<[string, object, Changes]>([
    ['plain values', args, own],
    ['an integer as 42.0', args, { ...own, 'mcp-param-level': '42.0' }],
    ['values in Base64', args, { ...own, 'mcp-param-region': base64('eu') }],
    ['text beyond ASCII in Base64', { region: 'Zürich 東京' }, { 'mcp-param-region': base64('Zürich 東京') }],
    ['a line break in Base64 that is in the body too', { region: 'a\r\nb' }, { 'mcp-param-region': base64('a\r\nb') }],
    ['no header where the argument is absent', {}, {}],
    ['headers of parameters the tool does not have', args, { ...own, 'mcp-param-other': 'x' }],
  ])('serves %s', async (_what, given, headers) => {
    const reply = await ask('tools/call', placed(given), headers);
    expect(reply.status).toBe(200);
    expect(ledger.rows).toEqual(['placed']);
  });

  it.each<[string, Changes]>([
    ['a missing one', { ...own, 'mcp-param-region': undefined }],
    ['another value', { ...own, 'mcp-param-region': 'us' }],
    ['other letters', { ...own, 'mcp-param-region': 'EU' }],
    ['another number', { ...own, 'mcp-param-level': '43' }],
    ['a number with an exponent', { ...own, 'mcp-param-level': '4.2e1' }],
    ['a number with a leading zero', { ...own, 'mcp-param-level': '042' }],
    ['a fraction', { ...own, 'mcp-param-level': '42.5' }],
    ['another boolean', { ...own, 'mcp-param-dry': 'false' }],
    ['a boolean in other letters', { ...own, 'mcp-param-dry': 'True' }],
    ['broken Base64', { ...own, 'mcp-param-region': '=?base64?ZX?=' }],
    ['Base64 of bytes that are no UTF-8', { ...own, 'mcp-param-region': '=?base64?/w==?=' }],
    ['a line break hidden in Base64', { ...own, 'mcp-param-region': base64('eu\r\nX-Evil: 1') }],
    ['a NUL hidden in Base64', { ...own, 'mcp-param-region': base64('eu\u0000') }],
    ['bytes beyond ASCII', { ...own, 'mcp-param-region': 'e\u00fc' }],
  ])('refuses %s and repeats no value', async (_what, headers) => {
    const reply = await ask('tools/call', placed(args), headers);
    expect(outcome(reply)).toEqual(refusal(-32020));
    expect(rpc(reply).error?.message).not.toMatch(/evil|eu\b|42/i);
  });

  it('refuses one that comes twice', async () => {
    const { headers, json } = perRequest(1, 'tools/call', placed(args));
    const reply = await send(`${gatehouse.url}/mcp`, { headers: { ...headers, ...own, 'mcp-param-region': ['eu', 'eu'] }, json });
    expect(outcome(reply)).toEqual(refusal(-32020));
  });
});

describe('a method that does not exist is 404 with −32601 (A22)', () => {
  it.each(['unknown/method', 'initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'resources/unsubscribe', 'sampling/createMessage', 'constructor', 'toString', ''])('refuses "%s"', async (method) => {
    const reply = await ask(method);
    expect([reply.status, rpc(reply).error?.code]).toEqual([404, -32601]);
  });
});

describe('the stream of subscriptions/listen (B14)', () => {
  it('acknowledges first and names the subscription on everything', async () => {
    const stream = await streamPerRequest(gatehouse.url, 'news', 'subscriptions/listen', { notifications: { toolsListChanged: true } });
    const first = await stream.message('the acknowledgement', () => true);
    expect(first.method).toBe('notifications/subscriptions/acknowledged');
    expect(first.params).toMatchObject({ _meta: { 'io.modelcontextprotocol/subscriptionId': 'news' } });
    stream.close();
  });
});
