/** A peer that is gone holds nothing for long, whether it said so, was reset, or vanished without a word (row B2; P4). */
import { describe, expect, it } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.js';
import { until } from '../support/http-deadline.js';
import type { EventStream } from '../support/http-event-stream.js';
import { McpSession, streamPerRequest } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';
import { kernelTimer } from '../support/kernel-timers.js';
import { LedgerServer } from '../support/ledger-server.js';
import { many } from '../support/many.js';

type Opening = (url: string, index: number) => Promise<EventStream>;

const listening = { notifications: { toolsListChanged: true } };
const quiet: [string, Opening][] = [
  ['announcements of a session', async (url) => (await McpSession.open(url)).listen()],
  ['subscriptions/listen', (url, index) => streamPerRequest(url, index, 'subscriptions/listen', listening)],
  ['HTTP+SSE', async (url) => (await SseClient.open(url)).stream],
  ['a call of a session', async (url, index) => (await McpSession.open(url)).streamTool(index, 'hold', { key: `h${index}` })],
  ['a call of 2026-07-28', (url, index) => streamPerRequest(url, index, 'tools/call', { name: 'hold', arguments: { key: `h${index}` }, _meta: { progressToken: 1 } })],
];

// More than both kernels hold for a connection.
const large = (door: string, index: number): object => ({ key: `large ${door} ${index}`, kilobytes: 8000 });
const busy: [string, Opening][] = [
  ['a call of a session', async (url, index) => (await McpSession.open(url)).streamTool(index, 'hold', large('session', index))],
  ['a call of 2026-07-28', (url, index) => streamPerRequest(url, index, 'tools/call', { name: 'hold', arguments: large('request', index), _meta: { progressToken: 1 } })],
  ['HTTP+SSE', async (url, index) => {
    const client = await SseClient.connect(url);
    await client.post({ jsonrpc: '2.0', id: index, method: 'tools/call', params: { name: 'hold', arguments: large('sse', index) } });
    return client.stream;
  }],
];

/** Resolves once the server holds no more files and sockets than before. */
function isBack(server: LedgerServer, before: number): Promise<void> {
  return until('its descriptors are back', () => server.process.descriptors <= before);
}

/** Resolves once next to no log has a reader: the engine itself may hold the last one of each kind. */
function isUnread(server: LedgerServer): Promise<void> {
  return until('nothing is read any more', async () => ((await server.objects('StreamTail'))['StreamTail'] ?? 0) < 10);
}

async function started(env?: Record<string, string>): Promise<{ server: LedgerServer; before: number }> {
  const server = await LedgerServer.forTest({ LOG_LEVEL: 'warn', ...env });
  // The first of each kind opens what stays open: logs, caches, the database.
  for (const [, open] of quiet) (await open(server.url, 0)).close();
  await until('the first are gone', async () => (await server.gauges()).sockets === 0);
  return { server, before: server.process.descriptors };
}

describe('a peer that vanishes without a word while its stream is quiet (B2)', () => {
  const [HEARTBEAT_MS, PROBES_MS] = [15_000, 6000];

  it.each(quiet)('is probed, and given up, before the next heartbeat would hide it behind data in flight: %s', async (_what, open) => {
    const server = await LedgerServer.forTest();
    const stream = await open(server.url, 1);
    await stream.frame('the first frame', () => true);
    const timer = (): ReturnType<typeof kernelTimer> => kernelTimer(Number(new URL(server.url).port), stream.port);
    await until('everything has been taken', () => timer()?.kind === 'probe');
    expect(timer()?.ms).toBeLessThan(HEARTBEAT_MS - PROBES_MS);
    stream.close();
  });
});

describe('streams whose peers are gone (B2)', () => {
  it.each<[string, (proxy: FaultProxy) => void]>([
    ['cut', (proxy) => proxy.cutAll()],
    ['reset', (proxy) => proxy.resetAll()],
  ])('leave nothing open, two hundred of them: %s', async (_how, strike) => {
    const { server, before } = await started();
    const proxy = await FaultProxy.forTest(server.url);
    const streams = await many(200, (index) => quiet[index % quiet.length]?.[1](proxy.url, index) ?? Promise.reject(new Error('none')));
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
    expect(server.process.descriptors).toBeGreaterThanOrEqual(before + 200);
    strike(proxy);
    await isBack(server, before);
    // What a session runs goes on without its reader; all else has ended with it.
    await server.release();
    await isUnread(server);
    const rows = await server.rows();
    expect(rows.filter((row) => row.startsWith('cancelled:')).length).toBe(rows.filter((row) => row.startsWith('held:')).length / 2);
  });

  it('are cut at the write deadline when they swallow what they are sent', async () => {
    const { server, before } = await started({ GATEHOUSE_STREAM_STALL_MS: '500', GATEHOUSE_HEARTBEAT_MS: '1000', GATEHOUSE_MAX_RESULT_BYTES: '16mb', GATEHOUSE_STREAM_BUFFER_BYTES: '64mb', GATEHOUSE_EVENT_LOG_BYTES: '16mb' });
    const proxy = await FaultProxy.forTest(server.url);
    for (const [, open] of busy) expect((await many(4, (index) => open(proxy.url, index))).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await until('all run', async () => (await server.rows()).filter((row) => row.startsWith('held:large')).length === 12);
    proxy.swallowAll();
    await server.release();
    await isBack(server, before);
    expect(proxy.open).toBeGreaterThanOrEqual(12);
    await isUnread(server);
  }, 120_000);

  it('give their places back: one caller may open three times as many subscriptions, one after another, as at once', async () => {
    const server = await LedgerServer.forTest({ GATEHOUSE_MAX_SESSIONS_PER_CALLER: '20' });
    for (let round = 0; round < 6; round++) {
      const proxy = await FaultProxy.start(server.url);
      const streams = await many(10, (index) => streamPerRequest(proxy.url, index, 'subscriptions/listen', listening));
      expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200));
      proxy.resetAll();
      await proxy.close();
      await until('their places are free', async () => (await server.gauges()).sockets === 0);
    }
  });
});
