/** A thousand changes of the catalogue a second are a few notices to each stream, and the last state is always told (row B13; P4). */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../support/http-deadline.js';
import type { EventStream } from '../support/http-event-stream.js';
import { McpSession, perRequest, rpc, send, streamPerRequest } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';
import { LedgerServer } from '../support/ledger-server.js';

const [CHANGES, NOTICES_A_SECOND] = [1000, 4];
const METHOD = 'notifications/tools/list_changed';
let server: LedgerServer;

beforeAll(async () => {
  server = await LedgerServer.start();
});
afterAll(() => server.process.kill());

const kinds: [string, () => Promise<EventStream>][] = [
  ['a session', async () => (await McpSession.open(server.url)).listen()],
  ['subscriptions/listen', () => streamPerRequest(server.url, 1, 'subscriptions/listen', { notifications: { toolsListChanged: true } })],
  ['HTTP+SSE', async () => (await SseClient.connect(server.url)).stream],
];

function notices({ messages }: EventStream): number {
  return messages.filter(({ method }) => method === METHOD).length;
}

async function tools(): Promise<unknown> {
  const { headers, json } = perRequest(1, 'tools/list');
  return JSON.stringify(rpc(await send(`${server.url}/mcp`, { headers, json })).result);
}

describe('a thousand changes within a second', () => {
  it('are at most four notices a second on every kind of stream, the last one behind the last change (B13)', async () => {
    const streams = await Promise.all(kinds.map(async ([, open]) => open()));
    onTestFinished(() => {
      for (const stream of streams) stream.close();
    });
    await Promise.all(streams.map((stream) => stream.frame('the first frame', () => true)));
    const began = performance.now();
    const last = await server.change(CHANGES);
    const before = streams.map(notices);
    expect(await tools()).toContain(last);
    // What was told before the last change may have been asked for before it: one more notice is owed within the window.
    await until('the last state is told', () => streams.every((stream, index) => notices(stream) > (before[index] ?? 0)));
    const seconds = (performance.now() - began) / 1000;
    for (const [index, stream] of streams.entries()) {
      expect(notices(stream), kinds[index]?.[0]).toBeLessThanOrEqual(NOTICES_A_SECOND * Math.ceil(seconds) + 1);
      expect(notices(stream), kinds[index]?.[0]).toBeGreaterThan(1);
    }
  });
});
