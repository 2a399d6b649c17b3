/** The 2024-11-05 HTTP+SSE transport, in the three steps of R276: connect, learn the address, post there. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Log } from '../../src/observability/log.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { EventStream } from '../support/http-event-stream.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { McpSession, rpc, send } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';

let gatehouse: Gatehouse;

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { heartbeatMs: 50 }, modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('GET /sse opens a stream whose first event names the address (R171, R172, R240, R276)', () => {
  it('sends `endpoint` first: a relative address with the session id in it (R172, R183)', async () => {
    const client = await SseClient.open(gatehouse.url);
    expect(client.stream.frames[0]).toMatchObject({ event: 'endpoint', data: client.endpoint });
    expect(client.endpoint).toMatch(/^\/messages\?sessionId=[\w-]{22,}$/);
    client.close();
  });

  it('carries the four headers of an event stream (R2, R3, R4, R5, R175)', async () => {
    const { stream } = await SseClient.open(gatehouse.url);
    expect(stream.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(stream.headers['cache-control']).toMatch(/no-cache/);
    expect(stream.headers.connection).toBe('keep-alive');
    expect(stream.headers['x-accel-buffering']).toBe('no');
    stream.close();
  });

  it('opens for clients that say nothing of what they accept, and for those that name the stream (R171)', async () => {
    const streams = await Promise.all(['text/event-stream', '*/*', 'text/event-stream, application/json'].map((accept) => EventStream.open(`${gatehouse.url}/sse`, { headers: { accept } })));
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    for (const stream of streams) stream.close();
  });

  it('gives every connection a session of its own (R131, R185, R256, R275)', async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => SseClient.open(gatehouse.url)));
    expect(new Set(clients.map(({ sessionId }) => sessionId)).size).toBe(5);
    for (const client of clients) client.close();
  });

  it('is probed with POST and answers 405, so that the client falls back to GET (R170)', async () => {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } };
    const { status, headers } = await send(`${gatehouse.url}/sse`, { headers: { 'content-type': 'application/json' }, json: { jsonrpc: '2.0', id: 1, method: 'initialize', params } });
    expect(status).toBe(405);
    expect(headers.allow).toContain('GET');
  });
});

describe('POST /messages takes JSON-RPC and answers on the stream (R173, R177, R181)', () => {
  it('answers initialize of 2024-11-05 (R174)', async () => {
    const client = await SseClient.open(gatehouse.url);
    const { result } = await client.call(1, 'initialize', { protocolVersion: '2024-11-05', clientInfo: { name: 'c', version: '1' }, capabilities: {} });
    expect(result).toMatchObject({ protocolVersion: '2024-11-05', serverInfo: { name: 'gatehouse' }, capabilities: { tools: expect.anything() } });
    client.close();
  });

  it('answers 202 at once and sends the message as an event with an id (R173, R176, R177)', async () => {
    const client = await SseClient.connect(gatehouse.url);
    const reply = await client.post(ping);
    expect([reply.status, reply.text]).toEqual([202, 'Accepted']);
    const frame = await client.stream.frame('the answer', ({ event, data }) => event === 'message' && data?.includes('"id":1') === true);
    expect(frame.id).toMatch(/\S/);
    expect(JSON.parse(frame.data ?? '')).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    client.close();
  });

  it('gives every message event an id of its own (R177)', async () => {
    const client = await SseClient.connect(gatehouse.url);
    for (const id of [1, 2, 3]) await client.call(id, 'ping');
    const ids = client.stream.frames.filter(({ event }) => event === 'message').map(({ id }) => id);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
    client.close();
  });

  it('lists tools and calls them by name and arguments (R181, R219, R220, R221, R251)', async () => {
    const client = await SseClient.connect(gatehouse.url);
    expect((await client.call(1, 'tools/list')).result?.['tools']).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'echo' })]));
    const { result } = await client.call(2, 'tools/call', { name: 'echo', arguments: { message: 'hi' } });
    expect(JSON.stringify(result)).toContain('hi');
    client.close();
  });

  it('says that the call came through this door (R238)', async () => {
    const client = await SseClient.connect(gatehouse.url);
    const { result } = await client.call(1, 'tools/call', { name: 'echo', arguments: { message: 'hi' } });
    expect(JSON.stringify(result)).toContain(String.raw`\"transport\":\"sse\"`);
    client.close();
  });

  it('answers ping (R179)', async () => {
    const client = await SseClient.connect(gatehouse.url);
    expect((await client.call('p', 'ping')).result).toEqual({});
    client.close();
  });

  it('serves both generations in one process (R170, R192)', async () => {
    const [client, session] = [await SseClient.connect(gatehouse.url), await McpSession.open(gatehouse.url)];
    expect((await client.call(1, 'ping')).result).toEqual({});
    expect((await session.call(1, 'ping')).status).toBe(200);
    client.close();
  });

  it('speaks the newer revisions to who asks for them', async () => {
    const client = await SseClient.open(gatehouse.url);
    expect((await client.call(1, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 't', version: '1' } })).result).toMatchObject({ protocolVersion: '2025-06-18' });
    client.close();
  });
});

describe('two clients never read each other (R24, R256, fault 2, fault 25)', () => {
  it('answers each on its own stream, equal ids or not', async () => {
    const [anna, bert] = [await SseClient.connect(gatehouse.url), await SseClient.connect(gatehouse.url)];
    const calls = Array.from({ length: 20 }, (_, id) => Promise.all([
      anna.call(id, 'tools/call', { name: 'note', arguments: { text: `anna ${id}` } }),
      bert.call(id, 'tools/call', { name: 'note', arguments: { text: `bert ${id}` } }),
    ]));
    await Promise.all(calls);
    expect(anna.stream.text).not.toContain('bert');
    expect(bert.stream.text).not.toContain('anna');
    expect(anna.stream.messages.filter(({ id }) => typeof id === 'number')).toHaveLength(20);
    anna.close();
    bert.close();
  });

  it('goes on serving the first when a second connects and leaves', async () => {
    const first = await SseClient.connect(gatehouse.url);
    (await SseClient.connect(gatehouse.url)).close();
    expect((await first.call(1, 'ping')).result).toEqual({});
    first.close();
  });
});

describe('a session ends with its stream (R8, R184, R225, R258, fault 21)', () => {
  it('is forgotten, logged, and answered 404 from then on (R184, R257, R258)', async () => {
    const lines = vi.spyOn(gatehouse.app.get(Log), 'info');
    const client = await SseClient.connect(gatehouse.url);
    client.close();
    await until('the session is gone', async () => (await client.post(ping)).status === 404);
    expect(lines).toHaveBeenCalledWith('session.ended', expect.objectContaining({ reason: 'disconnect' }));
  });

  it('logs that it was opened (R245)', async () => {
    const lines = vi.spyOn(gatehouse.app.get(Log), 'info');
    const client = await SseClient.open(gatehouse.url);
    expect(lines).toHaveBeenCalledWith('session.opened', expect.objectContaining({ wire: 'sse' }));
    expect(JSON.stringify(lines.mock.calls)).not.toContain(client.sessionId);
    client.close();
  });

  it('lets what runs for it come to its end: a drop is not a cancellation (P2)', async () => {
    const client = await SseClient.connect(gatehouse.url);
    const ledger = gatehouse.app.get(Ledger);
    ledger.rows.length = 0;
    await client.post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hold', arguments: { key: 'gone' } } });
    await until('it runs', () => ledger.rows.includes('held:gone'));
    client.close();
    await until('its session is gone', async () => (await client.post(ping)).status === 404);
    ledger.release('gone');
    await until('it has ended', () => ledger.rows.length === 2);
    expect(ledger.rows).toEqual(['held:gone', 'released:gone']);
  });

  it('ends all of many that leave at once, and never counts below zero (fault 17)', async () => {
    const clients = await Promise.all(Array.from({ length: 30 }, () => SseClient.open(gatehouse.url)));
    for (const client of clients) client.close();
    await until('all sessions are gone', async () => (await Promise.all(clients.map((client) => client.post(ping)))).every(({ status }) => status === 404));
    expect(rpc(await (await McpSession.open(gatehouse.url)).call(1, 'ping')).result).toEqual({});
  });
});
