/** Settings of the HTTP+SSE door: paths, size, extra headers, heartbeats and `ping` events (R176, R178, R180, R246, R259–R264, R272, R273). */
import { afterEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { exchange, head } from '../support/http-raw.js';
import { SseClient } from '../support/http-sse.js';

let gatehouse: Gatehouse;

async function start(settings: Record<string, unknown>): Promise<void> {
  gatehouse = await startGatehouse({ settings, modules: [LedgerModule] });
}
afterEach(() => gatehouse.close());

describe('the paths are settings (R1, R246, R259, R261, R262)', () => {
  it('are /sse and /messages by default (R240, R261, R262)', async () => {
    await start({});
    expect((await SseClient.open(gatehouse.url)).endpoint).toMatch(/^\/messages\?/);
  });

  it('may be those of the first article (R1)', async () => {
    await start({ ssePath: '/api/mcp/sse', sseMessagesPath: '/api/mcp/messages' });
    const client = await SseClient.open(gatehouse.url, { path: '/api/mcp/sse' });
    expect(client.endpoint).toMatch(/^\/api\/mcp\/messages\?sessionId=/);
    expect((await client.call(1, 'ping')).result).toEqual({});
    expect((await client.post({ jsonrpc: '2.0', id: 2, method: 'ping' }, { to: `/api/mcp/messages/${client.sessionId}` })).status).toBe(202);
    client.close();
  });

  it('leave the default ones empty', async () => {
    await start({ ssePath: '/stream', sseMessagesPath: '/inbox' });
    const requests = ['GET /sse', 'GET /SSE', 'GET /sse/', 'POST /messages', 'POST /messages/abc', 'POST /MESSAGES'];
    const responses = await Promise.all(requests.map((line) => exchange(gatehouse.url, head([`${line} HTTP/1.1`, 'Host: localhost', 'Content-Length: 0']))));
    expect(responses.map(({ status }) => status)).toEqual(requests.map(() => 404));
  });

  it('may be exchanged for each other', async () => {
    await start({ ssePath: '/messages', sseMessagesPath: '/sse' });
    const client = await SseClient.open(gatehouse.url, { path: '/messages' });
    expect((await client.call(1, 'ping')).result).toEqual({});
    client.close();
  });
});

describe('the size of a message is a setting (R263)', () => {
  it('is read with its unit: "1kb" takes 1024 bytes and refuses 1025', async () => {
    await start({ maxMessageBytes: '1kb' });
    const client = await SseClient.connect(gatehouse.url);
    const sized = (bytes: number): object => {
      const bare = { jsonrpc: '2.0', id: 1, method: 'ping', params: { pad: '' } };
      return { ...bare, params: { pad: 'x'.repeat(bytes - JSON.stringify(bare).length) } };
    };
    expect((await client.post(sized(1024))).status).toBe(202);
    expect((await client.post(sized(1025))).status).toBe(413);
    client.close();
  });
});

describe('extra headers of the stream are a setting (R264)', () => {
  it('are sent beside the standard ones', async () => {
    await start({ sseHeaders: { 'X-Custom-Header': 'custom value' } });
    const { stream } = await SseClient.open(gatehouse.url);
    expect(stream.headers).toMatchObject({ 'x-custom-header': 'custom value', 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    stream.close();
  });

  it('may replace Cache-Control, which the article names as an example', async () => {
    await start({ sseHeaders: { 'Cache-Control': 'no-cache, no-transform, private' } });
    const { stream } = await SseClient.open(gatehouse.url);
    expect(stream.headers['cache-control']).toBe('no-cache, no-transform, private');
    stream.close();
  });
});

describe('the stream shows that it lives (R176, R178, R180, R248, R272, R273)', () => {
  it('by comments, and by no event that a client might not know (R180, R248)', async () => {
    await start({ heartbeatMs: 20 });
    const { stream } = await SseClient.connect(gatehouse.url);
    await stream.frame('five heartbeats', () => stream.frames.filter(({ comments }) => comments.includes('heartbeat')).length >= 5);
    expect(new Set(stream.frames.flatMap(({ event }) => event ?? []))).toEqual(new Set(['endpoint', 'message']));
    stream.close();
  });

  it('by `ping` events with the time where that is asked for (R176, R178, R273)', async () => {
    await start({ heartbeatMs: 20, ssePingEvents: true });
    const { stream } = await SseClient.connect(gatehouse.url);
    await stream.frame('three pings', () => stream.frames.filter(({ event }) => event === 'ping').length >= 3);
    const times = stream.frames.flatMap(({ event, data }) => (event === 'ping' ? data : []));
    expect(times.filter((time) => time !== undefined && new Date(time).toISOString() === time)).toEqual(times);
    expect(times).toEqual(times.toSorted());
    stream.close();
  });

  it('by comments also beside the `ping` events, as their setting says', async () => {
    await start({ heartbeatMs: 20, ssePingEvents: true });
    const { stream } = await SseClient.connect(gatehouse.url);
    await stream.frame('five beats', () => stream.frames.length >= 6);
    expect(stream.frames.filter(({ comments }) => comments.includes('heartbeat'))).not.toEqual([]);
    stream.close();
  });

  it('without disturbing the ids of messages', async () => {
    await start({ heartbeatMs: 20, ssePingEvents: true });
    const client = await SseClient.connect(gatehouse.url);
    await client.stream.frame('a ping', ({ event }) => event === 'ping');
    await client.call(1, 'ping');
    // Each repeats the id of the last message, so that what a client sends back as Last-Event-ID stays the same.
    const ids = client.stream.frames.filter(({ event }) => event !== 'ping').map(({ id }) => id);
    for (const { id } of client.stream.frames.filter(({ event }) => event === 'ping')) expect(ids).toContain(id);
    expect(gatehouse.app.get(Ledger).rows).toEqual([]);
    client.close();
  });
});
