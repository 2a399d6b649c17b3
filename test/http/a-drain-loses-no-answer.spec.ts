/** The end of a process, seen by its clients: new work refused, running calls answered, streams ended as their revision says (R138; row J7). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until, within } from '../support/http-deadline.js';
import { EventStream } from '../support/http-event-stream.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { initialize, McpSession, perRequest, rpc, send, streamPerRequest, type RpcMessage } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';

let gatehouse: Gatehouse;
let ledger: Ledger;
let session: McpSession;

beforeEach(async () => {
  gatehouse = await startGatehouse({ settings: { drainSeconds: 30, streamAfterMs: 600_000 }, modules: [LedgerModule] });
  ledger = gatehouse.app.get(Ledger);
  session = await McpSession.open(gatehouse.url);
});
afterEach(async () => {
  gatehouse.hasten();
  await gatehouse.close();
});

const runs = (key: string): Promise<void> => until(`${key} runs`, () => ledger.rows.includes(`held:${key}`));

/** Begins the end while a call is held, so that the process stays to be looked at. */
async function drainWhileHeld(): Promise<{ held: ReturnType<McpSession['callTool']>; closed: Promise<void> }> {
  const held = session.callTool('held', 'hold', { key: 'held' });
  await runs('held');
  return { held, closed: gatehouse.close() };
}

describe('from the first moment of the end', () => {
  it('says on /ready that it wants no traffic, and on /health that it lives', async () => {
    await drainWhileHeld();
    const ready = await send(`${gatehouse.url}/ready`, { method: 'GET' });
    const health = await send(`${gatehouse.url}/health`, { method: 'GET' });
    expect([ready.status, health.status]).toEqual([503, 200]);
    expect(ready.headers['retry-after']).toMatch(/^\d+$/);
  });

  it('refuses new work at every door with 503 and Retry-After', async () => {
    const sse = await SseClient.connect(gatehouse.url);
    const { headers, json } = perRequest(1, 'tools/call', { name: 'note', arguments: {} });
    await drainWhileHeld();
    const refused = await Promise.all([
      send(`${gatehouse.url}/mcp`, { headers, json }),
      initialize(gatehouse.url),
      session.callTool(1, 'note'),
      send(session.url, { method: 'GET', headers: session.headers }),
      send(`${gatehouse.url}/sse`, { method: 'GET', headers: { accept: 'text/event-stream' } }),
    ]);
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
    expect(refused.filter((reply) => !/^\d+$/.test(reply.headers['retry-after'] ?? ''))).toEqual([]);
    expect(refused.map((reply) => rpc(reply).error?.code)).toEqual(refused.map(() => 1503));
    // Its stream has ended, and its session with it: either answer sends the client to another process.
    expect([404, 503]).toContain((await sse.post(json)).status);
    expect(ledger.rows).toEqual(['held:held']);
  });

  it('still takes what running calls need: cancellations and replies', async () => {
    const { held, closed } = await drainWhileHeld();
    const reply = await session.post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'held' } });
    expect(reply.status).toBe(202);
    await held;
    await within('the end', closed);
    expect(ledger.rows).toEqual(['held:held', 'cancelled:held']);
  });
});

describe('running calls are answered', () => {
  it('as JSON, and the process waits for them', async () => {
    const { held, closed } = await drainWhileHeld();
    const { headers, json } = perRequest(2, 'tools/call', { name: 'note' });
    await send(`${gatehouse.url}/mcp`, { headers, json });
    ledger.release('held');
    expect(rpc(await held).result).toMatchObject({ content: [{ text: 'held held' }] });
    await within('the end', closed);
  });

  const streamed: [string, () => Promise<{ answer(id: number): Promise<RpcMessage> }>][] = [
    ['2024-11-05', async () => {
      const old = await SseClient.connect(gatehouse.url);
      await old.post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hold', arguments: { key: 'streamed' } } });
      return old.stream;
    }],
    ['2025-06-18', async () => (await McpSession.open(gatehouse.url, '2025-06-18')).streamTool(1, 'hold', { key: 'streamed' })],
    ['2025-11-25', () => session.streamTool(1, 'hold', { key: 'streamed' })],
    ['2026-07-28', () => streamPerRequest(gatehouse.url, 1, 'tools/call', { name: 'hold', arguments: { key: 'streamed' }, _meta: { progressToken: 3 } })],
  ];

  it.each(streamed)('on the stream they have begun: %s', async (_revision, call) => {
    const stream = await call();
    await runs('streamed');
    const closed = gatehouse.close();
    // A process that is gone already has begun as well; what it owes is looked at below.
    await until('the end has begun', () => send(`${gatehouse.url}/ready`, { method: 'GET' }).then(({ status }) => status === 503, () => true));
    ledger.release('streamed');
    expect((await stream.answer(1)).result).toMatchObject({ content: [{ text: 'held streamed' }] });
    await within('the end', closed);
    expect(ledger.rows).toEqual(['held:streamed', 'released:streamed']);
  });

  it('as cancelled when the time is over, and the process ends', async () => {
    const other = await startGatehouse({ settings: { drainSeconds: 0, streamAfterMs: 600_000 }, modules: [LedgerModule] });
    const stranger = await McpSession.open(other.url);
    const held = stranger.callTool(1, 'hold', { key: 'late' });
    await until('it runs', () => other.app.get(Ledger).rows.includes('held:late'));
    await within('the end', other.close());
    expect(rpc(await held).error).toMatchObject({ code: 1499 });
    expect(other.app.get(Ledger).rows).toEqual(['held:late', 'cancelled:late']);
  });

  it('as cancelled when somebody hastens the end', async () => {
    const { held, closed } = await drainWhileHeld();
    gatehouse.hasten();
    await within('the end', closed);
    expect(rpc(await held).error).toMatchObject({ code: 1499 });
  });

  it('and the wait before the port closes is hastened too', async () => {
    const patient = await startGatehouse({ settings: { drainCloseDelayMs: 600_000 } });
    const closed = patient.close();
    patient.hasten();
    await expect(within('the end', closed)).resolves.toBeUndefined();
  });
});

describe('streams that wait for news end as their revision says (B14)', () => {
  it('2026-07-28: with the final result of subscriptions/listen', async () => {
    const stream = await streamPerRequest(gatehouse.url, 'news', 'subscriptions/listen', { notifications: { toolsListChanged: true } });
    await stream.message('the acknowledgement', () => true);
    const closed = gatehouse.close();
    await stream.ended();
    const last = stream.messages.at(-1);
    expect(last).toMatchObject({ id: 'news', result: { resultType: 'complete', _meta: { 'io.modelcontextprotocol/subscriptionId': 'news' } } });
    await within('the end', closed);
  });

  it.each(['2025-03-26', '2025-11-25'])('%s: with a hint when to come back, after their last event', async (revision) => {
    const stream = await (await McpSession.open(gatehouse.url, revision)).listen();
    await stream.frame('the first frame', () => true);
    const closed = gatehouse.close();
    await stream.ended();
    const last = stream.frames.at(-1);
    expect(last?.retry).toBeGreaterThanOrEqual(0);
    expect(last).not.toHaveProperty('id');
    expect(last).not.toHaveProperty('data');
    await within('the end', closed);
  });

  it('2025-11-25: does not send every client back in the same instant (fault 19)', async () => {
    const streams = await Promise.all(Array.from({ length: 20 }, async () => (await McpSession.open(gatehouse.url)).listen()));
    const closed = gatehouse.close();
    await Promise.all(streams.map((stream) => stream.ended()));
    expect(new Set(streams.map(({ frames }) => frames.at(-1)?.retry)).size).toBeGreaterThan(5);
    await within('the end', closed);
  });

  it('HTTP+SSE: with a hint when to come back', async () => {
    const { stream } = await SseClient.connect(gatehouse.url);
    const closed = gatehouse.close();
    await stream.ended();
    expect(stream.frames.at(-1)?.retry).toBeGreaterThanOrEqual(0);
    await within('the end', closed);
  });

  it('closes connections that are only kept alive, and takes no more', async () => {
    const { Agent, get } = await import('node:http');
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve, reject) => {
      get(`${gatehouse.url}/health`, { agent }, (response) => response.resume().on('end', resolve)).on('error', reject);
    });
    await within('the end', gatehouse.close());
    agent.destroy();
    await expect(EventStream.open(`${gatehouse.url}/health`)).rejects.toThrow(/ECONNREFUSED/);
  });
});
