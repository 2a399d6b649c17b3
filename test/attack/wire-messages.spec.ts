/** Messages that are none, or not the sender's to send, at every door (rows A9, A22 to A25). */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EventStream } from '../support/http-event-stream.js';
import { accepted, initialize, McpSession, perRequest, rpc, send } from '../support/http-mcp.js';
import { exchange, head, headerOf } from '../support/http-raw.js';
import { doors, messagesDoor, noteCall, post, requestDoor, sessionDoor, WireServer, type WireDoor } from '../support/wire.js';

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start();
});
afterAll(() => server.stop());
afterEach(() => server.unharmed());

const notification = '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}';
const many = (count: number): string => `[${Array.from({ length: count }, (_, index) => noteCall(String(index))).join()}]`;
const batches: [what: string, body: string][] = [
  ['none', '[]'], ['one', many(1)], ['fifty', many(50)], ['notifications', `[${notification},${notification}]`], ['a batch', `[${many(2)}]`], ['nothing but numbers', `[${'1,'.repeat(99_999)}1]`], ['a forged response', '[{"jsonrpc":"2.0","id":1,"result":{}}]'],
];

describe.each([
  ['a session of 2025-06-18', sessionDoor('2025-06-18')], ['a session of 2025-11-25', sessionDoor('2025-11-25')], ['revision 2026-07-28', requestDoor], ['/messages of 2024-11-05', messagesDoor],
] as const)('at the door of %s, which has no batches', (_name, open) => {
  it.each(batches)('a batch of %s is refused as a whole (A9)', async (_what, body) => {
    const door = await open(server);
    const response = await post(server, door, body);
    expect([response.status, rpc(response).error?.code]).toEqual([400, door.code(-32600)]);
    door.close();
  });
});

describe('in a session of 2025-03-26, which has batches', () => {
  it.each(batches.filter(([what]) => !['one', 'fifty', 'notifications'].includes(what)).concat([['fifty-one', many(51)], ['a bad one among good ones', many(3).replace('"id":2', '"id":null')]]))('a batch of %s is refused as a whole (A9)', async (_what, body) => {
    const door = await sessionDoor('2025-03-26')(server);
    const response = await post(server, door, body);
    expect([response.status, rpc(response).error?.code]).toEqual([400, -32600]);
    door.close();
  });
});

describe.each(doors)('at the door of %s', (_name, open) => {
  let door: WireDoor;
  beforeEach(async () => {
    door = await open(server);
  });
  afterEach(() => door.close());

  it.each(['{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}', '{"jsonrpc":"2.0","id":"a-1","error":{"code":1,"message":"no"}}'])('the forged response %s is refused (A24)', async (body) => {
    const response = await post(server, door, body);
    expect([response.status, rpc(response).error?.code]).toEqual([400, door.code(-32600)]);
  });
});

describe('a question belongs to the session it was asked in', () => {
  it('is answered by nobody else, not even with its id (A24)', async () => {
    const params = { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo: { name: 'asked', version: '1' } };
    const opened = await send(`${server.url}/mcp`, { headers: accepted, json: { jsonrpc: '2.0', id: 0, method: 'initialize', params } });
    const headers = { ...accepted, 'mcp-session-id': z.string().parse(opened.headers['mcp-session-id']) };
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'test_elicitation', arguments: { message: 'Who?' } } };
    const stream = await EventStream.open(`${server.url}/mcp`, { method: 'POST', headers, body: JSON.stringify(call) });
    const { id } = await stream.message('the question', ({ method }) => method === 'elicitation/create');
    const reply = (username: string): object => ({ jsonrpc: '2.0', id, result: { action: 'accept', content: { username, email: 'e' } } });
    const stranger = await McpSession.open(server.url);
    expect((await stranger.post(reply('mallory'))).status).toBe(400);
    expect((await send(`${server.url}/mcp`, { headers: perRequest(1, 'ping').headers, json: reply('mallory') })).status).toBe(400);
    expect((await send(`${server.url}/mcp`, { headers, json: reply('anna') })).status).toBe(202);
    expect(JSON.stringify(await stream.answer(1))).toContain('anna');
    expect((await send(`${server.url}/mcp`, { headers, json: reply('anna') })).status).toBe(400);
    expect(stream.text).not.toContain('mallory');
  });
});

describe('what an address does not serve (A23)', () => {
  it.each([['PUT', '/mcp'], ['PATCH', '/mcp'], ['TRACE', '/mcp'], ['PUT', '/sse'], ['POST', '/sse'], ['GET', '/messages'], ['TRACE', '/messages'], ['DELETE', '/messages/x']])('%s %s is 405 and says what is', async (method, path) => {
    const response = await exchange(server.url, head([`${method} ${path} HTTP/1.1`, 'Host: localhost', 'X-HTTP-Method-Override: POST', 'Content-Length: 0']));
    expect(response.status).toBe(405);
    expect(headerOf(response, 'allow')).toMatch(/GET|POST/);
  });

  it.each([['TRACE', '/'], ['PUT', '/'], ['DELETE', '/health'], ['POST', '/health'], ['TRACE', '/account'], ['PUT', '/nothing']])('%s %s is refused and echoes nothing', async (method, path) => {
    const response = await exchange(server.url, head([`${method} ${path} HTTP/1.1`, 'Host: localhost', 'X-Secret: hunter2', 'Content-Length: 0']));
    expect([404, 405]).toContain(response.status);
    expect(response.body).not.toContain('hunter2');
  });

  it('an initialize of any date opens a session, and none without a method does (A22)', async () => {
    expect((await initialize(server.url, '1999-01-01')).status).toBe(200);
    expect((await send(`${server.url}/mcp`, { headers: accepted, json: { jsonrpc: '2.0', id: 1, method: '' } })).status).toBe(400);
  });
});

describe('an address of a resource with characters that no URI has', () => {
  it.each([['\ud800', '%EF%BF%BD'], ['\ufeff', '%EF%BB%BF'], ['é', '%C3%A9'], ['a|b', 'a%7Cb'], ['4%2F2', '4%2F2']])('is written as a URI in the result: %j (A26)', async (given, written) => {
    const { headers, json } = perRequest(1, 'resources/read', { uri: `test://template/${given}/data` });
    const named = `=?base64?${Buffer.from(`test://template/${given}/data`).toString('base64')}?=`;
    const session = await McpSession.open(server.url);
    const replies = [await session.call(1, 'resources/read', { uri: `test://template/${given}/data` })];
    // What is not well-formed has no Base64 that would say the same.
    if (given.isWellFormed()) replies.push(await send(`${server.url}/mcp`, { headers: { ...headers, 'mcp-name': named }, json }));
    for (const reply of replies) expect(rpc(reply).result?.['contents']).toMatchObject([{ uri: `test://template/${written}/data` }]);
    await session.end();
  });
});
