/** Event ids where there is nothing to read on, and places that are gone (rows B5, B6, B7; P3, P6). */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Log } from '../../src/observability/log.js';
import { startGatehouse } from '../support/gatehouse.js';
import { EventStream } from '../support/http-event-stream.js';
import { LedgerModule } from '../support/http-ledger.js';
import { McpSession, perRequest, rpc, send } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { eventLogMessages: 5, heartbeatMs: 50 }, modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());

/** The ids of a call that has been answered on a stream of its own. */
async function placesOf(session: McpSession, count: number): Promise<string[]> {
  const stream = await session.streamTool(1, 'steps', { count });
  await stream.ended();
  return stream.frames.flatMap(({ id }) => id ?? []);
}

describe('HTTP+SSE knows no resumption', () => {
  it.each([
    ['a place of its own', async () => {
      const client = await SseClient.connect(gatehouse.url);
      await client.call(1, 'ping');
      client.close();
      return client.stream.frames.findLast(({ id }) => id !== undefined)?.id ?? '';
    }],
    ['a place on a stream of /mcp', async () => (await placesOf(await McpSession.open(gatehouse.url), 3))[1] ?? ''],
    ['nothing this server wrote', async () => "-1' OR '1'='1"],
  ])('a client that comes back with %s begins anew, in a session of its own and with nothing from before (B5, B6)', async (_what, place) => {
    const lastEventId = await place();
    expect(lastEventId).not.toBe('');
    const again = await EventStream.open(`${gatehouse.url}/sse`, { headers: { 'last-event-id': lastEventId } });
    await again.frame('three heartbeats', () => again.frames.filter(({ comments }) => comments.includes('heartbeat')).length >= 3);
    expect(again.frames.filter(({ data }) => data !== undefined)).toEqual([{ comments: [], event: 'endpoint', id: '0', data: expect.stringMatching(/^\/messages\?sessionId=/) }]);
    again.close();
  });
});

describe('2026-07-28 knows no resumption', () => {
  it('takes no notice of an event id: the call runs and is answered as ever (B6)', async () => {
    const [place = ''] = await placesOf(await McpSession.open(gatehouse.url), 1);
    const { headers, json } = perRequest(7, 'tools/call', { name: 'note', arguments: { text: 'as ever' } });
    const reply = await send(`${gatehouse.url}/mcp`, { headers: { ...headers, 'last-event-id': place }, json });
    expect([reply.status, rpc(reply)]).toMatchObject([200, { id: 7, result: { content: [{ text: 'noted as ever' }] } }]);
  });

  it('offers no GET to come back on (B6)', async () => {
    const [place = ''] = await placesOf(await McpSession.open(gatehouse.url), 1);
    const reply = await send(`${gatehouse.url}/mcp`, { method: 'GET', headers: { accept: 'text/event-stream', 'mcp-protocol-version': '2026-07-28', 'last-event-id': place } });
    expect([reply.status, reply.headers.allow]).toEqual([405, 'GET, POST, DELETE, OPTIONS']);
  });
});

describe('a gap', () => {
  it('is an event of its own in the log, once for each who meets it, and names no session in full (B7)', async () => {
    const warned = vi.spyOn(gatehouse.app.get(Log), 'warn');
    const session = await McpSession.open(gatehouse.url);
    const [first = ''] = await placesOf(session, 20);
    for (let attempt = 0; attempt < 2; attempt++) expect((await session.listen(first)).status).toBe(400);
    const gaps = warned.mock.calls.filter(([event]) => event === 'stream.gap');
    expect(gaps).toHaveLength(2);
    expect(JSON.stringify(gaps)).not.toContain(session.id);
  });
});
