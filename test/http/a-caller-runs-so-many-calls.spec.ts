/** One caller runs a bounded number of calls at a time, over all doors together (row D10). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { McpSession, perRequest, rpc, send, type Reply } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';

let gatehouse: Gatehouse;
let ledger: Ledger;
const LIMIT = 3;

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { maxCallsPerCaller: LIMIT, streamAfterMs: 600_000 }, modules: [LedgerModule] });
  ledger = gatehouse.app.get(Ledger);
});
afterAll(() => gatehouse.close());

/** Fills every place with a held call; the returned function lets them go. */
async function fill(): Promise<() => Promise<void>> {
  const session = await McpSession.open(gatehouse.url);
  const keys = Array.from({ length: LIMIT }, () => crypto.randomUUID());
  const held = keys.map((key) => session.callTool(key, 'hold', { key }));
  await until('all of them run', () => keys.every((key) => ledger.rows.includes(`held:${key}`)));
  return async () => {
    for (const key of keys) ledger.release(key);
    await Promise.all(held);
  };
}

const doors: [string, () => Promise<Reply>][] = [
  ['2026-07-28', () => {
    const { headers, json } = perRequest(1, 'tools/call', { name: 'note', arguments: {} });
    return send(`${gatehouse.url}/mcp`, { headers, json });
  }],
  ['a session', async () => (await McpSession.open(gatehouse.url)).callTool(1, 'note')],
  ['HTTP+SSE', async () => {
    const client = await SseClient.connect(gatehouse.url);
    const reply = await client.post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'note', arguments: {} } });
    client.close();
    return reply;
  }],
];

describe.each(doors)('a call beyond the limit, over %s (D10)', (door, call) => {
  it('is answered 429 with Retry-After and does not run; the next one after that does', async () => {
    const empty = await fill();
    const before = ledger.rows.length;
    const refused = await call();
    const ran = ledger.rows.length - before;
    await empty();
    expect([refused.status, ran]).toEqual([429, 0]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(rpc(refused).error?.code).toBe(door === 'HTTP+SSE' ? -32000 : 1429);
    expect([200, 202]).toContain((await call()).status);
  });
});
