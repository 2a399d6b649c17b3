/** Sessions end when their client says so, when its stream is gone or when it was quiet too long; each has its own answers. */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Clock } from '../../src/protocol/clock.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import { startGatehouse } from '../support/gatehouse.js';
import { connectV2 } from '../support/mcp-client-v2.js';
import { eventually, within } from '../support/mcp-deadline.js';
import { doors, enter } from '../support/mcp-doors.js';
import { textOf } from '../support/mcp-peer.js';
import { initializeOf, messageIn, openSession, openStream, post, type RawStream } from '../support/mcp-wire.js';

const IDLE_MS = 30 * 60 * 1000;

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse();
});
afterAll(() => gatehouse.close());

const ping = { jsonrpc: '2.0', id: 'p', method: 'ping' };

async function openSse(): Promise<{ stream: RawStream; messages: URL }> {
  const stream = await openStream(new URL('/sse', gatehouse.url));
  const endpoint = await stream.events.first(({ event }) => event === 'endpoint', 'the endpoint');
  const messages = new URL(endpoint.data, gatehouse.url);
  await post(messages, initializeOf('2024-11-05'));
  return { stream, messages };
}

describe('a session on /mcp', () => {
  it('ends when its client terminates it: its stream too, and its id is unknown (rows C5, R187)', async () => {
    const transport = new StreamableHTTPClientTransport(new URL('/mcp', gatehouse.url));
    const peer = await connectV2(transport, {}, { mode: 'legacy' });
    const id = transport.sessionId ?? '';
    const stream = await openStream(new URL('/mcp', gatehouse.url), { 'mcp-session-id': id });
    await transport.terminateSession();
    expect(await within(stream.ended, 'the end of the stream')).toBe('ended');
    const after = await post(new URL('/mcp', gatehouse.url), ping, { 'mcp-session-id': id });
    expect(after.status).toBe(404);
    expect(after.last.error).toMatchObject({ message: expect.any(String) });
    await peer.close();
  });

  it('ends after half an hour without traffic (R198), so that clients initialise anew on the 404', async () => {
    const clock = gatehouse.app.get<Clock>(Clock);
    const started = Date.now();
    const now = vi.spyOn(clock, 'now').mockReturnValue(started);
    const [quiet, busy] = await Promise.all([openSession(gatehouse.url, '2025-11-25'), openSession(gatehouse.url, '2025-11-25')]);
    now.mockReturnValue(started + IDLE_MS - 1000);
    await gatehouse.app.get(Sessions).sweep();
    expect((await busy.post(ping)).status).toBe(200);
    now.mockReturnValue(started + IDLE_MS + 1000);
    await gatehouse.app.get(Sessions).sweep();
    expect((await quiet.post(ping)).status).toBe(404);
    expect((await busy.post(ping)).status).toBe(200);
    now.mockRestore();
  });

  it('is unknown on the other transport, and 400 where its id is missing (row C5)', async () => {
    const session = await openSession(gatehouse.url, '2025-11-25');
    expect((await post(new URL(`/messages?sessionId=${session.id}`, gatehouse.url), ping)).status).toBe(404);
    expect((await post(new URL('/mcp', gatehouse.url), ping)).status).toBe(400);
    const { stream, messages } = await openSse();
    const foreign = messages.searchParams.get('sessionId') ?? '';
    expect((await post(new URL('/mcp', gatehouse.url), ping, { 'mcp-session-id': foreign })).status).toBe(404);
    stream.close();
  });
});

describe('a session on /sse', () => {
  it('ends with its stream, and is unknown from then on (R184, R257, R258)', async () => {
    const { stream, messages } = await openSse();
    expect((await post(messages, ping)).status).toBe(202);
    stream.close();
    await eventually(async () => (await post(messages, ping)).status === 404, 'the end of the session');
    expect((await post(new URL('/messages?sessionId=unknown', gatehouse.url), ping)).status).toBe(404);
    expect((await post(new URL('/messages', gatehouse.url), ping)).status).toBe(400);
  });

  it('has its replies for itself, however many there are (R185, R256)', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => openSse()));
    await Promise.all(all.map(({ messages }, index) => post(messages, { jsonrpc: '2.0', id: 'same', method: 'tools/call', params: { name: 'greet', arguments: { name: `client ${index}` } } })));
    for (const [index, { stream }] of all.entries()) {
      const answers = await stream.events.until((events) => events.some(({ data }) => data.includes('"same"')), 'the answer');
      const mine = answers.filter(({ data }) => data.includes('"same"')).map(messageIn);
      expect(mine).toEqual([expect.objectContaining({ result: expect.objectContaining({ content: [{ type: 'text', text: `Hello, client ${index}!` }] }) })]);
      stream.close();
    }
  });
});

describe('clients of every transport', () => {
  it('come and go without a trace: the next one is served as the first', async () => {
    for (let round = 0; round < 5; round++) {
      const peers = await Promise.all([doors.httpV1, doors.sseV1, doors.sse2024, doors.httpAuto].map((door) => enter(door, gatehouse)));
      const greetings = await Promise.all(peers.map((peer) => peer.call('greet', { name: 'Ada' })));
      expect(greetings.map(textOf)).toEqual(Array.from({ length: 4 }, () => 'Hello, Ada!'));
      await Promise.all(peers.map((peer) => peer.close()));
    }
  });
});
