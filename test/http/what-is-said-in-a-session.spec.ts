/** Requests, notifications and responses inside a session of Streamable HTTP (rows A8, A22, A24, A25). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { McpSession, rpc, send } from '../support/http-mcp.js';

let gatehouse: Gatehouse;
let ledger: Ledger;
let session: McpSession;

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { streamAfterMs: 50 }, modules: [LedgerModule] });
  ledger = gatehouse.app.get(Ledger);
  session = await McpSession.open(gatehouse.url);
});
afterAll(() => gatehouse.close());
beforeEach(() => {
  ledger.rows.length = 0;
});

describe('one request gets one answer (R186, P1)', () => {
  it('answers JSON to what is ready at once', async () => {
    const reply = await session.callTool(1, 'note', { text: 'a' });
    expect(reply.headers['content-type']).toBe('application/json');
    expect(rpc(reply)).toMatchObject({ jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'noted a' }] } });
  });

  it('answers a stream to what reports on its way, the result last', async () => {
    const stream = await session.streamTool(2, 'steps', { count: 3 });
    await stream.ended();
    expect(stream.headers['content-type']).toBe('text/event-stream');
    expect(stream.messages.map(({ method, id }) => method ?? id)).toEqual(['notifications/progress', 'notifications/progress', 'notifications/progress', 2]);
  });

  it('answers ping with an empty result (R179)', async () => {
    expect(rpc(await session.call('p', 'ping'))).toEqual({ jsonrpc: '2.0', id: 'p', result: {} });
  });

  it('takes a notification with 202 and no body', async () => {
    const reply = await session.post({ jsonrpc: '2.0', method: 'notifications/whatever' });
    expect([reply.status, reply.text]).toEqual([202, '']);
  });

  it.each(['0', '-1', '9007199254740991', '"a"', '""', '"\\u00e9\\n"', '"1"'])('returns the id %s byte for byte (A8)', async (id) => {
    const { text } = await send(session.url, { headers: session.headers, body: `{"jsonrpc":"2.0","id":${id},"method":"ping"}` });
    expect(text).toBe(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
  });

  it.each(['null', '1.5', '9007199254740993', '1e999', '{}', '[]', 'true', `"${'x'.repeat(10_000)}"`])('refuses the id %s (A8)', async (id) => {
    const body = `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"note","arguments":{}}}`;
    const reply = await send(session.url, { headers: session.headers, body });
    expect(reply.status).toBe(400);
    expect(rpc(reply).error?.code).toBe(-32600);
    expect(ledger.rows).toEqual([]);
  });

  it.each(['unknown/method', 'server/discover', 'subscriptions/listen', 'tools/call/', 'constructor', '__proto__'])('answers the method %s with 200 and −32601 (A22)', async (method) => {
    const reply = await session.call(3, method, {});
    expect([reply.status, rpc(reply).error?.code]).toEqual([200, -32601]);
  });
});

describe('a response that nobody asked for is dropped (A24)', () => {
  it.each([{ id: 1, result: {} }, { id: 'x-1', error: { code: 1, message: 'no' } }, { id: 'x', result: { action: 'accept' } }])('answers 400 to %j', async (forged) => {
    const reply = await session.post({ jsonrpc: '2.0', ...forged });
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, -32600]);
    // An id would make it look like an answer to a request of the client.
    expect(rpc(reply)).not.toHaveProperty('id');
  });

  it('shows it to no other session', async () => {
    const other = await McpSession.open(gatehouse.url);
    const stream = await other.listen();
    await session.post({ jsonrpc: '2.0', id: 1, result: { forged: true } });
    await other.call(1, 'ping');
    expect(stream.text).not.toContain('forged');
    stream.close();
  });
});

describe('an id names one running request (A25)', () => {
  it('refuses the second of two in flight and leaves the first alone', async () => {
    const first = session.callTool(7, 'hold', { key: 'first' });
    await until('the first runs', () => ledger.rows.includes('held:first'));
    const second = await session.callTool(7, 'note', { text: 'second' });
    expect([second.status, rpc(second).error?.code]).toEqual([400, -32600]);
    ledger.release('first');
    expect((await first).text).toContain('held first');
    expect(ledger.rows).toEqual(['held:first', 'released:first']);
  });

  it('tells 7 from "7", and one session from another', async () => {
    const other = await McpSession.open(gatehouse.url);
    const first = session.callTool(7, 'hold', { key: 'first' });
    await until('the first runs', () => ledger.rows.includes('held:first'));
    const replies = [await session.callTool('7', 'note'), await other.callTool(7, 'note')];
    ledger.release('first');
    await first;
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('lets the id be used again once it was answered', async () => {
    const replies = [await session.callTool(8, 'note'), await session.callTool(8, 'note')];
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('a call stops when its caller takes it back (P2)', () => {
  it('cancels the named call and no other', async () => {
    const [taken, kept] = [session.streamTool(20, 'hold', { key: 'taken' }), session.streamTool(21, 'hold', { key: 'kept' })];
    await until('both run', () => ledger.rows.length === 2);
    const reply = await session.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 20 } });
    expect(reply.status).toBe(202);
    await until('it was cancelled', () => ledger.rows.includes('cancelled:taken'));
    ledger.release('kept');
    await (await kept).answer(21);
    await (await taken).ended();
    expect(ledger.rows).not.toContain('cancelled:kept');
  });

  it('is answered as cancelled when its session ends', async () => {
    const quiet = await startGatehouse({ settings: { streamAfterMs: 600_000 }, modules: [LedgerModule] });
    const ending = await McpSession.open(quiet.url);
    const held = ending.callTool(1, 'hold', { key: 'ending' });
    await until('it runs', () => quiet.app.get(Ledger).rows.includes('held:ending'));
    await ending.end();
    expect(rpc(await held).error).toMatchObject({ code: 1499 });
    await until('the tool was told', () => quiet.app.get(Ledger).rows.includes('cancelled:ending'));
    await quiet.close();
  });

  it('does not stop when the connection drops, since that is no cancellation before 2026-07-28', async () => {
    const stream = await session.streamTool(22, 'hold', { key: 'dropped' });
    await stream.message('progress', ({ method }) => method === 'notifications/progress');
    stream.close();
    await session.call(23, 'ping');
    ledger.release('dropped');
    await until('it went on', () => ledger.rows.includes('released:dropped'));
    expect(ledger.rows).not.toContain('cancelled:dropped');
  });
});
