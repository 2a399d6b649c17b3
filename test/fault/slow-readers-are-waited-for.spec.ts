/** The end of a process leaves nobody's answer half written: who reads slowly has what is left of the time to drain (P1, P12; row J7). */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until, within } from '../support/http-deadline.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { McpSession, perRequest, rpc, send, streamPerRequest, type RpcMessage } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';

// Beyond what both kernels hold for a connection, and done within seconds.
const [KILOBYTES, BYTES_PER_SECOND] = [6000, 5_000_000];
const ROOM = { maxResultBytes: '16mb', streamBufferBytes: '32mb', eventLogBytes: '32mb', streamStallMs: 600_000 };
const args = (key: string): { name: string; arguments: object; _meta: object } => ({ name: 'hold', arguments: { key, kilobytes: KILOBYTES }, _meta: { progressToken: 1 } });

async function start(settings: Record<string, unknown>): Promise<Gatehouse> {
  const gatehouse = await startGatehouse({ settings: { ...ROOM, ...settings }, modules: [LedgerModule] });
  onTestFinished(async () => {
    gatehouse.hasten();
    await gatehouse.close();
  });
  return gatehouse;
}

const doors: [string, (url: string) => Promise<RpcMessage>][] = [
  ['a stream of a session', async (url) => (await (await McpSession.open(url)).streamTool(1, 'hold', { key: 'slow', kilobytes: KILOBYTES })).answer(1)],
  ['JSON of 2026-07-28', async (url) => {
    const { _meta, ...params } = args('slow');
    const { headers, json } = perRequest(1, 'tools/call', params);
    return rpc(await send(`${url}/mcp`, { headers, json }));
  }],
  ['a stream of 2026-07-28', async (url) => (await streamPerRequest(url, 1, 'tools/call', args('slow'))).answer(1)],
  ['HTTP+SSE', async (url) => (await SseClient.connect(url)).call(1, 'tools/call', args('slow'))],
];

describe.each(doors)('a slow reader of %s', (_door, call) => {
  it('has its whole answer before the process ends (J7)', async () => {
    const gatehouse = await start({ drainSeconds: 60, streamAfterMs: 600_000 });
    const proxy = await FaultProxy.forTest(gatehouse.url, () => ({ toClient: { kind: 'throttle', bytesPerSecond: BYTES_PER_SECOND } }));
    const answer = call(proxy.url);
    await until('it runs', () => gatehouse.app.get(Ledger).rows.includes('held:slow'));
    const closed = gatehouse.close();
    gatehouse.app.get(Ledger).release('slow');
    expect((await answer).result).toMatchObject({ content: [{ text: `held slow${'x'.repeat(KILOBYTES * 1000)}` }] });
    await within('the end', closed);
  });

  it('is not waited for when it never reads: the end comes at its time (J7, J8)', async () => {
    const gatehouse = await start({ drainSeconds: 1, streamAfterMs: 600_000 });
    const proxy = await FaultProxy.forTest(gatehouse.url);
    const answer = call(proxy.url).catch(() => 'cut');
    await until('it runs', () => gatehouse.app.get(Ledger).rows.includes('held:slow'));
    proxy.swallowAll();
    const closed = gatehouse.close();
    gatehouse.app.get(Ledger).release('slow');
    await within('the end', closed);
    proxy.cutAll();
    expect(await answer).toBe('cut');
  });
});

describe('an answer that was cut off on its way', () => {
  it('can be fetched while the process drains, though new work is refused (P3)', async () => {
    const gatehouse = await start({ drainSeconds: 60, streamAfterMs: 600_000 });
    const ledger = gatehouse.app.get(Ledger);
    const session = await McpSession.open(gatehouse.url);
    const [lost, other] = [await session.streamTool(1, 'hold', { key: 'lost' }), session.callTool(2, 'hold', { key: 'other' })];
    const { id } = await lost.frame('progress', ({ data }) => data?.includes('progress') === true);
    await until('both run', () => ledger.rows.length === 2);
    const closed = gatehouse.close();
    lost.close();
    const resumed = await session.listen(id);
    ledger.release('lost');
    expect((await resumed.answer(1)).result).toMatchObject({ content: [{ text: 'held lost' }] });
    expect((await session.listen()).status).toBe(503);
    ledger.release('other');
    await other;
    await within('the end', closed);
  });
});
