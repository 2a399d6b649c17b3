/** A session belongs to issuer, subject and client; everybody else gets the bytes of an unknown one (rows B5, C11, C12, D12, P6). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../src/auth/api-keys.service.js';
import { accepted, perRequest, send, type Reply, type Sending } from '../support/http-mcp.js';
import type { AuthPerson } from '../support/mcp-auth-person.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { refreshed, tokenOf, type HandToken } from '../support/mcp-auth-tokens.js';
import { messageIn, openStream, type RawStream } from '../support/mcp-wire.js';
import { registerClient, type TestClient } from '../support/sign-in-server.js';
import { GuardedModule } from './fixtures/guarded.js';
import { Ledger } from './fixtures/ledger.js';

type Headers = Record<string, string>;

let server: AuthServer;
let client: TestClient;
let anna: AuthPerson;
let token: HandToken;
/** Everybody who is not the owner, by what they bring. */
const strangers = new Map<string, Headers>();
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule], settings: { pageSize: 3, streamAfterMs: 0 } });
  client = await registerClient(server.url);
  anna = await server.person('anna');
  token = await tokenOf(server.url, anna, { client });
  strangers.set('another person through the same client', (await tokenOf(server.url, await server.person('bert'), { client })).bearer);
  strangers.set('the same person through another client', (await tokenOf(server.url, anna)).bearer);
  strangers.set('an admin', (await tokenOf(server.url, await server.person('root', ['admin']), { client })).bearer);
  strangers.set('a key', { 'x-api-key': (await server.app.get(ApiKeys, { strict: false }).create({ name: 'k', roles: ['admin'] })).text });
});
afterAll(() => server.close());

async function openSession(headers: Headers): Promise<string> {
  const reply = await send(`${server.url}/mcp`, {
    headers: { ...accepted, ...headers },
    json: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'by-hand', version: '1' } } },
  });
  return String(reply.headers['mcp-session-id']);
}

/** The stream and the address to post to. */
async function openSse(headers: Headers): Promise<{ stream: RawStream; id: string }> {
  const stream = await openStream(`${server.url}/sse`, headers);
  const { data } = await stream.events.first(({ event }) => event === 'endpoint', 'the endpoint');
  return { stream, id: new URL(data, server.url).searchParams.get('sessionId') ?? '' };
}

function told({ status, headers: { date: _date, ...headers }, text }: Reply): object {
  return { status, headers, text };
}

const ping = { jsonrpc: '2.0', id: 7, method: 'ping' };
const unknownId = (id: string): string => [...id].toReversed().join('');

type Ask = (id: string) => { url: string } & Sending;
const asks: [string, Ask][] = [
  ['POST', (id) => ({ url: '/mcp', headers: { ...accepted, 'mcp-session-id': id }, json: ping })],
  ['POST of a notification', (id) => ({ url: '/mcp', headers: { ...accepted, 'mcp-session-id': id }, json: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } } })],
  ['POST of a response', (id) => ({ url: '/mcp', headers: { ...accepted, 'mcp-session-id': id }, json: { jsonrpc: '2.0', id: 1, result: {} } })],
  ['GET', (id) => ({ url: '/mcp', method: 'GET', headers: { accept: 'text/event-stream', 'mcp-session-id': id } })],
  ['GET that resumes', (id) => ({ url: '/mcp', method: 'GET', headers: { accept: 'text/event-stream', 'mcp-session-id': id, 'last-event-id': 'main-0' } })],
  ['DELETE', (id) => ({ url: '/mcp', method: 'DELETE', headers: { 'mcp-session-id': id } })],
];

async function askedWith(ask: Ask, id: string, headers: Headers): Promise<object> {
  const { url, ...sending } = ask(id);
  return told(await send(server.url + url, { ...sending, headers: { ...sending.headers, ...headers } }));
}

describe.each(['another person through the same client', 'the same person through another client', 'an admin', 'a key'])('%s', (who) => {
  const headers = (): Headers => strangers.get(who) ?? {};

  it.each(asks)('gets the bytes of an unknown session on %s, and does it no harm', async (_name, ask) => {
    const id = await openSession(token.bearer);
    const stolen = await askedWith(ask, id, headers());
    expect(stolen).toEqual(await askedWith(ask, unknownId(id), headers()));
    expect(stolen).toMatchObject({ status: 404, text: expect.stringContaining('The session is unknown or has ended') });
    expect(await send(`${server.url}/mcp`, { headers: { ...accepted, ...token.bearer, 'mcp-session-id': id }, json: ping })).toMatchObject({ status: 200 });
  });

  it.each<[string, (id: string) => string]>([['?sessionId=', (id) => `/messages?sessionId=${id}`], ['?session_id=', (id) => `/messages?session_id=${id}`], ['/', (id) => `/messages/${id}`]])(
    'gets the bytes of an unknown session on POST /messages%s…, and nothing reaches the stream', async (_name, path) => {
      const { stream, id } = await openSse(token.bearer);
      const ask: Ask = (session) => ({ url: path(session), headers: accepted, json: ping });
      const stolen = await askedWith(ask, id, headers());
      expect(stolen).toEqual(await askedWith(ask, unknownId(id), headers()));
      expect(stolen).toMatchObject({ status: 404 });
      await send(server.url + path(id), { headers: { ...accepted, ...token.bearer }, json: { ...ping, id: 8 } });
      await stream.events.first(({ data }) => data.includes('"id":8'), 'the answer to the owner');
      // What is announced to everybody has no id.
      expect(stream.events.items.slice(1).map((event) => messageIn(event).id).filter((answered) => answered !== undefined)).toEqual([8]);
      stream.close();
    });

  it('cannot read on a stream of a call (B5)', async () => {
    const id = await openSession(token.bearer);
    const call = await openStream(`${server.url}/mcp`, { ...token.bearer, 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' }, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'long_story', arguments: {}, _meta: { progressToken: 1 } } });
    const { id: place = '' } = await call.events.first((event) => event.data.includes('once upon a time'), 'the beginning');
    const ask: Ask = (session) => ({ url: '/mcp', method: 'GET', headers: { accept: 'text/event-stream', 'mcp-session-id': session, 'last-event-id': place } });
    expect(await askedWith(ask, id, headers())).toEqual(await askedWith(ask, unknownId(id), headers()));
    // Nor as a place in a session of one's own.
    const own = await openSession(headers());
    expect(await askedWith(ask, own, headers())).toMatchObject({ status: 400, text: expect.stringContaining('Last-Event-ID does not name a position of this session') });
    call.close();
  });
});

describe('the owner', () => {
  it('goes on under a refreshed token, on every verb', async () => {
    const fresh = await tokenOf(server.url, anna, { client });
    const id = await openSession(fresh.bearer);
    const next = await refreshed(server.url, client, fresh);
    expect(next.accessToken).not.toBe(fresh.accessToken);
    const headers = { ...next.bearer, 'mcp-session-id': id };
    expect((await send(`${server.url}/mcp`, { headers: { ...accepted, ...headers }, json: ping })).status).toBe(200);
    const stream = await openStream(`${server.url}/mcp`, headers);
    expect(stream.status).toBe(200);
    stream.close();
    expect((await send(`${server.url}/mcp`, { method: 'DELETE', headers })).status).toBe(204);
  });

  it('is judged by the token of each request: a weaker one is asked for more, a stronger one does more (P5)', async () => {
    const strong = await tokenOf(server.url, anna, { client, scope: 'mcp files:write' });
    const id = await openSession(strong.bearer);
    const write = (bearer: Headers): Promise<Reply> => send(`${server.url}/mcp`, { headers: { ...accepted, ...bearer, 'mcp-session-id': id }, json: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'write_file' } } });
    const written = server.app.get(Ledger, { strict: false }).count('a file was written');
    const refused = await write(token.bearer);
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([403, expect.stringContaining('error="insufficient_scope"')]);
    expect(refused.headers['www-authenticate']).toContain('scope="mcp files:write"');
    expect(server.app.get(Ledger, { strict: false }).count('a file was written')).toBe(written);
    expect((await write(strong.bearer)).text).toContain('written');
  });
});

describe('what the server hands out to one caller', () => {
  const strangerNames = ['another person through the same client', 'the same person through another client', 'an admin'];

  const ask = async (method: string, params: Record<string, unknown>, headers: Headers): Promise<Reply> => {
    const { headers: own, json } = perRequest(1, method, { ...params, _meta: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } } });
    return send(`${server.url}/mcp`, { headers: { ...own, ...headers }, json });
  };

  it.each(strangerNames)('a requestState is refused from %s like a guessed one (C11, C12)', async (who) => {
    const order = { name: 'order', arguments: { item: 'tea' } };
    const { result } = JSON.parse((await ask('tools/call', order, token.bearer)).text);
    const inputResponses = { 'question-1': { action: 'accept', content: { sure: true } } };
    const stolen = await ask('tools/call', { ...order, inputResponses, requestState: result.requestState }, strangers.get(who) ?? {});
    const guessed = await ask('tools/call', { ...order, inputResponses, requestState: unknownId(String(result.requestState)) }, strangers.get(who) ?? {});
    expect(told(stolen)).toEqual(told(guessed));
    expect(JSON.parse(stolen.text)).toMatchObject({ error: { code: -32602 } });
    expect((await ask('tools/call', { ...order, inputResponses, requestState: result.requestState }, token.bearer)).text).toContain('ordered tea');
  });

  it('a cursor is refused from a caller of another role like a forged one (D12)', async () => {
    const { result } = JSON.parse((await ask('tools/list', {}, token.bearer)).text);
    const admin = strangers.get('an admin') ?? {};
    const stolen = await ask('tools/list', { cursor: result.nextCursor }, admin);
    expect(JSON.parse(stolen.text)).toMatchObject({ error: { code: -32602 } });
    expect(told(stolen)).toEqual(told(await ask('tools/list', { cursor: unknownId(String(result.nextCursor)) }, admin)));
    expect((await ask('tools/list', { cursor: result.nextCursor }, token.bearer)).status).toBe(200);
  });
});
