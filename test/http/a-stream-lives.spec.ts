/** Every event stream begins at once, is kept from buffers, and beats while it is quiet (rows R2, R3, R5, R7, R175, R248, R272). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { EventStream, type StreamFrame } from '../support/http-event-stream.js';
import { LedgerModule } from '../support/http-ledger.js';
import { McpSession, streamPerRequest } from '../support/http-mcp.js';
import { head, headerOf, RawConnection } from '../support/http-raw.js';

let gatehouse: Gatehouse;

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { heartbeatMs: 50, streamAfterMs: 20 }, modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());

const openings: [string, () => Promise<EventStream>][] = [
  ['HTTP+SSE', () => EventStream.open(`${gatehouse.url}/sse`)],
  ['announcements of 2025-03-26', async () => (await McpSession.open(gatehouse.url, '2025-03-26')).listen()],
  ['announcements of 2025-11-25', async () => (await McpSession.open(gatehouse.url)).listen()],
  ['a call of 2025-06-18', async () => (await McpSession.open(gatehouse.url, '2025-06-18')).streamTool(1, 'hold', { key: 'a' })],
  ['a call of 2025-11-25', async () => (await McpSession.open(gatehouse.url)).streamTool(1, 'hold', { key: 'b' })],
  ['a call of 2026-07-28', () => streamPerRequest(gatehouse.url, 1, 'tools/call', { name: 'hold', arguments: { key: 'c' } })],
  ['subscriptions/listen of 2026-07-28', () => streamPerRequest(gatehouse.url, 1, 'subscriptions/listen', { notifications: { toolsListChanged: true } })],
];

const isBeat = ({ comments }: StreamFrame): boolean => comments.includes('heartbeat');

describe.each(openings)('the stream of %s', (_what, open) => {
  it('carries the headers that keep proxies from buffering and caching it (R2, R3, R4, R5, R175)', async () => {
    const stream = await open();
    expect(stream.status).toBe(200);
    expect(stream.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(stream.headers['cache-control']).toMatch(/\bno-cache\b/);
    expect(stream.headers['cache-control']).toMatch(/\bno-transform\b/);
    expect(stream.headers['x-accel-buffering']).toBe('no');
    expect(stream.headers).not.toHaveProperty('content-encoding');
    expect(stream.headers).not.toHaveProperty('content-length');
    stream.close();
  });

  it('has a first byte at once and heartbeats ever after, as comments (R7, R248, R272)', async () => {
    const stream = await open();
    await stream.frame('the first frame', () => true);
    await stream.frame('three heartbeats', () => stream.frames.filter(isBeat).length >= 3);
    expect(stream.frames.filter(isBeat).map(({ comments: _comments, ...rest }) => rest)).toEqual(stream.frames.filter(isBeat).map(() => ({})));
    stream.close();
  });
});

describe('the connection of a stream (R4, R274)', () => {
  it.each(['/sse', '/mcp'])('is kept alive on %s', async (path) => {
    const session = await McpSession.open(gatehouse.url);
    const line = await RawConnection.open(gatehouse.url);
    const own = Object.entries(session.headers).map(([name, value]) => `${name}: ${value}`);
    line.write(head([`GET ${path} HTTP/1.1`, 'Host: localhost', ...own]));
    const socket = new Promise<string>((resolve) => {
      const look = setInterval(() => {
        if (!line.unread.includes('\r\n\r\n')) return;
        clearInterval(look);
        resolve(line.unread);
      }, 5);
    });
    expect(await socket).toMatch(/\r\nconnection: keep-alive\r\n/i);
    line.destroy();
  });

  it('has no Nagle delay and no idle timeout, and TCP keeps it alive (R274)', () => {
    expect(gatehouse.app.getHttpServer()).toMatchObject({ noDelay: true, keepAlive: true, timeout: 0 });
  });

  it('is asked to stay open even where the client asked to close', async () => {
    const stream = await EventStream.open(`${gatehouse.url}/sse`, { headers: { connection: 'close' } });
    await stream.frame('a heartbeat', isBeat);
    expect(stream.isEnded).toBe(false);
    stream.close();
  });
});

describe('an answer that is no stream', () => {
  it('is not sent as one (fault 1)', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const response = await line.write(head(['GET /mcp HTTP/1.1', 'Host: localhost', 'Accept: text/event-stream'])).response();
    expect(response.status).toBe(400);
    expect(headerOf(response, 'content-type')).toBe('application/json');
    line.destroy();
  });
});
