/** A stream nobody reads is cut at its bounds, and its call ends as its revision says (promises P2, P4; R66, R274). */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Log } from '../../src/observability/log.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { EventStream } from '../support/http-event-stream.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { McpSession, perRequest, send } from '../support/http-mcp.js';
import { head, RawConnection } from '../support/http-raw.js';
import { SseClient } from '../support/http-sse.js';

// Beyond what both kernels hold for a connection.
const FLOOD = { kilobytes: 30_000 };
let gatehouse: Gatehouse;

afterEach(() => gatehouse.close());

async function start(settings: Record<string, unknown>): Promise<Ledger> {
  gatehouse = await startGatehouse({ settings: { heartbeatMs: 50, ...settings }, modules: [LedgerModule] });
  return gatehouse.app.get(Ledger);
}

/** Calls the flooding tool under 2026-07-28 and never reads a byte. */
async function floodUnread(stay: boolean): Promise<RawConnection> {
  const { headers, json } = perRequest(1, 'tools/call', { name: 'flood', arguments: { ...FLOOD, stay }, _meta: { progressToken: 1 } });
  const body = JSON.stringify(json);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const line = (await RawConnection.open(gatehouse.url)).pause();
  return line.write(head(['POST /mcp HTTP/1.1', 'Host: localhost', ...lines, `Content-Length: ${Buffer.byteLength(body)}`], body));
}

describe('under 2026-07-28 the cut cancels the call', () => {
  it.each([
    ['bytes', { streamBufferBytes: 65_536 }],
    ['messages', { streamBufferMessages: 20 }],
  ])('cuts at the bound of %s', async (reason, settings) => {
    const ledger = await start({ streamStallMs: 600_000, ...settings });
    const warned = vi.spyOn(gatehouse.app.get(Log), 'warn');
    const line = await floodUnread(true);
    await until('the call was cancelled', () => ledger.rows.includes('flood cancelled'));
    expect(warned).toHaveBeenCalledWith('stream.cut', expect.objectContaining({ reason }));
    line.destroy();
  });

  it('cuts at the bound of time', async () => {
    const ledger = await start({ streamStallMs: 200, streamBufferBytes: '512mb', streamBufferMessages: 1_000_000 });
    const warned = vi.spyOn(gatehouse.app.get(Log), 'warn');
    const line = await floodUnread(true);
    await until('the call was cancelled', () => ledger.rows.includes('flood cancelled'));
    expect(warned).toHaveBeenCalledWith('stream.cut', expect.objectContaining({ reason: 'stall' }));
    line.destroy();
  });

  it('does not keep the rest of an answer for ever once the call is done', async () => {
    const ledger = await start({ streamStallMs: 200, streamBufferBytes: '512mb', streamBufferMessages: 1_000_000 });
    const sockets = serverSockets(gatehouse);
    const line = await floodUnread(false);
    await until('the call has ended', () => ledger.rows.length === 2);
    await until('its connection was cut', () => sockets.every((socket) => socket.destroyed));
    expect(sockets).toHaveLength(1);
    line.destroy();
  });

  it('does not keep a large answer that is no stream for ever either', async () => {
    await start({ streamStallMs: 200, maxResultBytes: '64mb', maxMessageBytes: '64mb' });
    const { headers, json } = perRequest(1, 'tools/call', { name: 'note', arguments: { text: 'x'.repeat(30_000_000) } });
    const body = JSON.stringify(json);
    const sockets = serverSockets(gatehouse);
    const line = (await RawConnection.open(gatehouse.url)).pause();
    line.write(head(['POST /mcp HTTP/1.1', 'Host: localhost', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), `Content-Length: ${Buffer.byteLength(body)}`], body));
    await until('the answer is on its way', () => sockets.some((socket) => socket.writableLength > 0));
    await until('its connection was cut', () => sockets.every((socket) => socket.destroyed));
    expect(sockets).toHaveLength(1);
    line.destroy();
  });

  it('cancels the call of a client that leaves', async () => {
    const ledger = await start({});
    const { headers, json } = perRequest(1, 'tools/call', { name: 'hold', arguments: { key: 'left' }, _meta: { progressToken: 1 } });
    const stream = await EventStream.open(`${gatehouse.url}/mcp`, { method: 'POST', headers, body: JSON.stringify(json) });
    await stream.message('progress', ({ method }) => method === 'notifications/progress');
    stream.close();
    await until('the call has ended', () => ledger.rows.length === 2);
    expect(ledger.rows).toEqual(['held:left', 'cancelled:left']);
  });

  it('cancels the call of a client that leaves before a byte was answered', async () => {
    const ledger = await start({ streamAfterMs: 600_000 });
    const { headers, json } = perRequest(1, 'tools/call', { name: 'hold', arguments: { key: 'early' } });
    const body = JSON.stringify(json);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    const line = await RawConnection.open(gatehouse.url);
    line.write(head(['POST /mcp HTTP/1.1', 'Host: localhost', ...lines, `Content-Length: ${Buffer.byteLength(body)}`], body));
    await until('it runs', () => ledger.rows.includes('held:early'));
    line.destroy();
    await until('the call has ended', () => ledger.rows.length === 2);
    expect(ledger.rows).toEqual(['held:early', 'cancelled:early']);
  });
});

describe('up to 2025-11-25 the call goes on and its answer can be fetched', () => {
  it('cuts the reader, not the call', async () => {
    const ledger = await start({ streamStallMs: 200, eventLogBytes: '1mb', eventLogMessages: 100 });
    const warned = vi.spyOn(gatehouse.app.get(Log), 'warn');
    const session = await McpSession.open(gatehouse.url);
    const stream = await session.streamTool(1, 'flood', FLOOD);
    const { id = '' } = await stream.frame('the priming event', (frame) => frame.id !== undefined);
    stream.pause();
    await until('the reader was cut', () => warned.mock.calls.some(([event]) => event === 'stream.cut'));
    await until('the call is done', () => ledger.rows.includes('flood done'));
    expect(ledger.rows).toEqual(['flood', 'flood done']);
    const last = id.replace(/\d+$/, String(FLOOD.kilobytes));
    const resumed = await session.listen(last);
    expect((await resumed.answer(1)).result).toMatchObject({ content: [{ text: 'done' }] });
    stream.close();
  });
});

describe('on HTTP+SSE the connection is dropped and its session with it', () => {
  it('drops a reader that lags too far', async () => {
    const ledger = await start({ streamBufferBytes: 65_536, streamStallMs: 600_000 });
    const stream = await EventStream.open(`${gatehouse.url}/sse`);
    const { data = '' } = await stream.frame('the endpoint', ({ event }) => event === 'endpoint');
    await send(`${gatehouse.url}${data}`, { headers: { 'content-type': 'application/json' }, json: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } } } });
    stream.pause();
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'flood', arguments: FLOOD, _meta: { progressToken: 1 } } };
    expect((await send(`${gatehouse.url}${data}`, { headers: { 'content-type': 'application/json' }, json: call })).status).toBe(202);
    await until('the session is gone', async () => (await send(`${gatehouse.url}${data}`, { headers: { 'content-type': 'application/json' }, json: { jsonrpc: '2.0', id: 2, method: 'ping' } })).status === 404);
    await until('its call has ended', () => ledger.rows.length === 2);
    stream.close();
  });

  it('drops a reader that has taken nothing for long', async () => {
    await start({ streamStallMs: 200 });
    const sockets = serverSockets(gatehouse);
    const stream = await EventStream.open(`${gatehouse.url}/sse`);
    const { data = '' } = await stream.frame('the endpoint', ({ event }) => event === 'endpoint');
    const messages = `${gatehouse.url}${data}`;
    const headers = { 'content-type': 'application/json' };
    stream.pause();
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'note', arguments: { text: 'x'.repeat(200_000) } } };
    // Just as much as both kernels hold: too little to count as lagging, and nobody takes it.
    await until('the writes back up', async () => {
      await send(messages, { headers, json: call });
      return (sockets[0]?.writableLength ?? 0) > 0;
    });
    await until('the session is gone', async () => (await send(messages, { headers, json: { jsonrpc: '2.0', id: 2, method: 'ping' } })).status === 404);
    expect(sockets[0]?.destroyed).toBe(true);
    stream.close();
  });

  it('does not keep for ever what it left unread when its session ended', async () => {
    await start({ streamStallMs: 500 });
    const sockets = serverSockets(gatehouse);
    const client = await SseClient.connect(gatehouse.url);
    client.stream.pause();
    const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'note', arguments: { text: 'x'.repeat(500_000) } } };
    while ((sockets[0]?.writableLength ?? 0) === 0) await client.post(call);
    await gatehouse.app.get(Sessions).end(client.sessionId, 'expired');
    await until('its connection was cut', () => sockets[0]?.destroyed === true);
    expect(sockets[0]?.destroyed).toBe(true);
    client.close();
  });
});

/** The server's ends of the connections made from now on. */
function serverSockets({ app }: Gatehouse): Socket[] {
  const sockets: Socket[] = [];
  app.getHttpServer().on('connection', (socket: Socket) => sockets.push(socket));
  return sockets;
}
