/** Streams through nginx and haproxy as they come from Debian: events arrive when they are sent, quiet streams outlive idle timeouts (rows B12, B15). */
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Catalogue } from '../../src/tools/catalogue.js';
import { frontProxies } from '../support/front-proxies.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { EventStream, type StreamFrame } from '../support/http-event-stream.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { McpSession, streamPerRequest } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';

// A quarter of the proxies' patience, as 15 s is of 60 s.
const [IDLE_SECONDS, HEARTBEAT_MS] = [2, 500];
const isBeat = ({ comments }: StreamFrame): boolean => comments.includes('heartbeat');

const args = (key: string): { name: string; arguments: object; _meta: object } => ({ name: 'hold', arguments: { key }, _meta: { progressToken: 1 } });

type Opening = (url: string, key: string) => Promise<EventStream>;
const calls: Record<string, Opening> = {
  session: async (url, key) => (await McpSession.open(url)).streamTool(1, 'hold', { key }),
  request: (url, key) => streamPerRequest(url, 1, 'tools/call', args(key)),
  sse: async (url, key) => {
    const client = await SseClient.connect(url);
    await client.post({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: args(key) });
    return client.stream;
  },
  // It asks for no progress: the server makes a stream of it in time.
  silent: async (url, key) => {
    const { url: to, headers } = await McpSession.open(url);
    return EventStream.open(to, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hold', arguments: { key } } }) });
  },
};
const news: Record<string, Opening> = {
  session: async (url) => (await McpSession.open(url)).listen(),
  listen: (url) => streamPerRequest(url, 1, 'subscriptions/listen', { notifications: { toolsListChanged: true } }),
  sse: async (url) => (await SseClient.connect(url)).stream,
};

/** Opens one of each; the keys are the names. */
async function each(openings: Record<string, Opening>, url: string): Promise<[name: string, stream: EventStream][]> {
  const opened = await Promise.all(Object.entries(openings).map(async ([name, open]): Promise<[string, EventStream]> => [name, await open(url, name)]));
  onTestFinished(() => {
    for (const [, stream] of opened) stream.close();
  });
  return opened;
}

/** Waits until a stream has been quiet, but for its heartbeats, for twice as long as the proxy is patient. */
function quietForLong(streams: readonly [string, EventStream][]): Promise<void> {
  const enough = 2 * IDLE_SECONDS * 1000 / HEARTBEAT_MS + 1;
  return until('all were quiet for twice the timeout', () => streams.every(([, stream]) => stream.isEnded || stream.frames.filter(isBeat).length >= enough));
}

describe.each(frontProxies.map((proxy) => ({ name: proxy.name, proxy })))('through $name with its defaults', ({ proxy }) => {
  let gatehouse: Gatehouse;
  let url: string;
  beforeEach(async () => {
    gatehouse = await startGatehouse({ settings: { heartbeatMs: HEARTBEAT_MS, streamAfterMs: 100 }, modules: [LedgerModule] });
    onTestFinished(() => gatehouse.close());
    url = await proxy.start(gatehouse.url, IDLE_SECONDS);
  });

  it('the first event of a call arrives before its tool ends, and then its answer (B12)', async () => {
    const { silent: _none, ...streamed } = calls;
    const streams = await each(streamed, url);
    for (const [, stream] of streams) await stream.message('progress', ({ method }) => method === 'notifications/progress');
    expect(gatehouse.app.get(Ledger).rows.toSorted()).toEqual(['held:request', 'held:session', 'held:sse']);
    gatehouse.app.get(Ledger).releaseAll();
    for (const [name, stream] of streams) expect((await stream.answer(1)).result).toMatchObject({ content: [{ text: `held ${name}` }] });
  });

  it('quiet streams outlive the idle timeout by their heartbeats, and still carry news (B12)', async () => {
    const streams = await each(news, url);
    await quietForLong(streams);
    gatehouse.app.get(Catalogue).addTool({ name: 'news' }, () => 'x');
    for (const [name, stream] of streams) {
      const told = await stream.message(`the news on ${name}`, ({ method }) => method === 'notifications/tools/list_changed');
      expect(told).toHaveProperty('jsonrpc', '2.0');
    }
  });

  it('long calls have their answers, though they say nothing for twice the timeout (B15)', async () => {
    const streams = await each(calls, url);
    await quietForLong(streams);
    gatehouse.app.get(Ledger).releaseAll();
    for (const [name, stream] of streams) expect((await stream.answer(1)).result).toMatchObject({ content: [{ text: `held ${name}` }] });
  });
});
