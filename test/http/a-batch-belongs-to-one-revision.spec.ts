/** JSON-RPC batches exist in revision 2025-03-26 and in no other (row A9). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { EventStream } from '../support/http-event-stream.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { McpSession, perRequest, rpc, send, type RpcMessage } from '../support/http-mcp.js';

let gatehouse: Gatehouse;
let ledger: Ledger;

beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [LedgerModule] });
  ledger = gatehouse.app.get(Ledger);
});
afterAll(() => gatehouse.close());
beforeEach(() => {
  ledger.rows.length = 0;
});

const note = (id: number, text = `${id}`): object => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'note', arguments: { text } } });
const notification = { jsonrpc: '2.0', method: 'notifications/whatever' };
const notes = (count: number): object[] => Array.from({ length: count }, (_, index) => note(index));
const answers = (text: string): RpcMessage[] => JSON.parse(text);

describe('a session of 2025-03-26 takes batches (A9)', () => {
  let session: McpSession;
  beforeAll(async () => {
    session = await McpSession.open(gatehouse.url, '2025-03-26');
  });

  it.each([1, 2, 50])('answers %i requests with an array of as many answers', async (count) => {
    const reply = await session.post(notes(count));
    expect(reply.status).toBe(200);
    expect(answers(reply.text).map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))).toEqual(notes(count).map((_, index) => index));
    expect(ledger.rows).toHaveLength(count);
  });

  it('answers a failure in its place beside the results', async () => {
    const reply = await session.post([note(1), { jsonrpc: '2.0', id: 2, method: 'unknown/method' }, notification]);
    expect(answers(reply.text)).toEqual(expect.arrayContaining([expect.objectContaining({ id: 1, result: expect.anything() }), expect.objectContaining({ id: 2, error: expect.objectContaining({ code: -32601 }) })]));
    expect(answers(reply.text)).toHaveLength(2);
  });

  it('takes notifications alone with 202', async () => {
    expect((await session.post([notification, notification])).status).toBe(202);
  });

  it('streams every answer when one of them reports on its way', async () => {
    const steps = { jsonrpc: '2.0', id: 'steps', method: 'tools/call', params: { name: 'steps', arguments: { count: 2 }, _meta: { progressToken: 't' } } };
    const stream = await EventStream.open(session.url, { method: 'POST', headers: session.headers, body: JSON.stringify([note(1), steps]) });
    await stream.ended();
    expect(stream.messages.flatMap(({ id }) => (id === undefined ? [] : [id])).toSorted()).toEqual([1, 'steps']);
  });

  it.each([
    ['an empty one', []], ['one of 51', notes(51)], ['one of 100,000', Array.from({ length: 100_000 }, () => 1)],
    ['one inside another', [[note(1)]]], ['one with something else in it', [note(1), 42]], ['one with a broken message', [note(1), { jsonrpc: '1.0', id: 2, method: 'ping' }]],
  ])('refuses %s as a whole and runs nothing of it', async (_what, batch) => {
    const reply = await session.post(batch);
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, -32600]);
    expect(ledger.rows).toEqual([]);
  });

  it('refuses an initialize inside it and runs nothing of it', async () => {
    const initialize = { jsonrpc: '2.0', id: 2, method: 'initialize', params: { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 't', version: '1' } } };
    const reply = await session.post([note(1), initialize]);
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, -32600]);
    expect(ledger.rows).toEqual([]);
  });

  it('refuses one that uses an id twice, runs nothing of it and keeps no id occupied (A25)', async () => {
    const reply = await session.post([note(60, 'one'), note(60, 'two')]);
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, -32600]);
    expect((await session.post(note(60, 'after'))).status).toBe(200);
    expect(ledger.rows).toEqual(['note:after']);
  });

  it('refuses one that uses an id in flight, and leaves that call alone (A25)', async () => {
    const held = session.callTool(70, 'hold', { key: 'held' });
    await until('it runs', () => ledger.rows.includes('held:held'));
    const reply = await session.post([note(71), note(70)]);
    expect(reply.status).toBe(400);
    expect(ledger.rows).toEqual(['held:held']);
    ledger.release('held');
    expect((await held).status).toBe(200);
    expect((await session.post(note(71))).status).toBe(200);
  });
});

describe('every later revision refuses them (A9)', () => {
  const batches: [string, object[]][] = [['requests', [note(1), note(2)]], ['one request', [note(1)]], ['notifications alone', [notification]], ['nothing', []]];

  it.each(['2025-06-18', '2025-11-25'].flatMap((revision) => batches.map(([what, batch]) => ({ revision, what, batch }))))('refuses a batch of $what in a session of $revision', async ({ revision, batch }) => {
    const session = await McpSession.open(gatehouse.url, revision);
    const reply = await session.post(batch);
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, -32600]);
    expect(ledger.rows).toEqual([]);
  });

  it.each(batches)('refuses a batch of %s under 2026-07-28', async (_what, batch) => {
    const { headers } = perRequest(1, 'tools/call', { name: 'note' });
    const reply = await send(`${gatehouse.url}/mcp`, { headers, json: batch });
    expect([reply.status, rpc(reply).error?.code]).toEqual([400, -32600]);
    expect(ledger.rows).toEqual([]);
  });
});
