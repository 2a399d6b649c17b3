/** A raw `initialize` of every date, on every wire: answered in kind, and never refused (contract lines 10 and 16; R171, R172, R174, R188-R190). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { builtStdio } from '../support/mcp-doors.js';
import { launchPipe } from '../support/mcp-pipe.js';
import { initializeOf, messageIn, openStream, post, postModern, type RawStream } from '../support/mcp-wire.js';

const dates: [asked: string, answered: string][] = [
  ['2024-10-07', '2024-10-07'], ['2024-11-05', '2024-11-05'], ['2025-03-26', '2025-03-26'],
  ['2025-06-18', '2025-06-18'], ['2025-11-25', '2025-11-25'],
  ['2026-07-28', '2025-11-25'], ['1999-12-31', '2025-11-25'], ['2099-01-01', '2025-11-25'], ['a word', '2025-11-25'],
];

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { serverName: 'dates', instructions: 'Say when.' } });
});
afterAll(() => gatehouse.close());

const answerWith = (protocolVersion: string): object => ({
  id: 0, result: {
    protocolVersion, serverInfo: { name: 'dates', version: expect.stringMatching(/^\d+\.\d+\.\d+/) }, instructions: 'Say when.',
    capabilities: { tools: { listChanged: true }, resources: { subscribe: true, listChanged: true }, prompts: { listChanged: true }, logging: {}, completions: {} },
  },
});

describe('initialize on /mcp', () => {
  it.each(dates)('of %s is answered with %s and a session', async (asked, answered) => {
    const reply = await post(new URL('/mcp', gatehouse.url), initializeOf(asked));
    expect(reply.status).toBe(200);
    expect(reply.last).toMatchObject(answerWith(answered));
    const session = reply.headers.get('mcp-session-id') ?? '';
    // At least 128 bits, visible ASCII (row C4).
    expect(session).toMatch(/^[\x21-\x7e]{22,}$/);
    const list = await post(new URL('/mcp', gatehouse.url), { jsonrpc: '2.0', id: 'l', method: 'tools/list' }, { 'mcp-session-id': session });
    expect(list.last).toMatchObject({ id: 'l', result: { tools: expect.arrayContaining([expect.objectContaining({ name: 'echo' })]) } });
  });

  it.each([undefined, 20_251_125, null, {}])('with the date %j is answered with the newest, not refused', async (protocolVersion) => {
    const reply = await post(new URL('/mcp', gatehouse.url), { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion } });
    expect(reply.status).toBe(200);
    expect(reply.last.result?.['protocolVersion']).toBe('2025-11-25');
  });

  it('mints a fresh session whatever id the client brings (row C3)', async () => {
    const first = await post(new URL('/mcp', gatehouse.url), initializeOf('2025-06-18'), { 'mcp-session-id': 'chosen-by-the-client' });
    const second = await post(new URL('/mcp', gatehouse.url), initializeOf('2025-06-18'), { 'mcp-session-id': first.headers.get('mcp-session-id') ?? '' });
    const ids = [first, second].map(({ headers }) => headers.get('mcp-session-id'));
    expect(ids).not.toContain('chosen-by-the-client');
    expect(new Set(ids).size).toBe(2);
  });

  it('is not answered with a session where the revision has none', async () => {
    const reply = await postModern(gatehouse.url, 'server/discover', {});
    expect(reply.headers.get('mcp-session-id')).toBeNull();
    expect(reply.last.result).toMatchObject({
      resultType: 'complete', supportedVersions: ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07'],
    });
  });
});

describe('initialize on /sse', () => {
  async function openSse(): Promise<{ stream: RawStream; messages: URL; endpoint: string }> {
    const stream = await openStream(new URL('/sse', gatehouse.url));
    const endpoint = await stream.events.first(() => true, 'the first event');
    expect(endpoint.event).toBe('endpoint');
    return { stream, endpoint: endpoint.data, messages: new URL(endpoint.data, gatehouse.url) };
  }

  it('is told first where to post, on its own origin (R172, R276)', async () => {
    const { stream, endpoint } = await openSse();
    expect(endpoint).toMatch(/^\/messages\?sessionId=[\w-]{22,}$/);
    stream.close();
  });

  it.each(dates)('of %s is answered with %s, on the stream, with an event id (R177)', async (asked, answered) => {
    const { stream, messages } = await openSse();
    const reply = await post(messages, initializeOf(asked));
    expect(reply.status).toBe(202);
    const event = await stream.events.first((next) => next.event === 'message', 'the answer');
    expect(event.id).toMatch(/\S/);
    expect(messageIn(event)).toMatchObject(answerWith(answered));
    stream.close();
  });

  it('is at home under every spelling of the session (R183, R256)', async () => {
    const { stream, messages } = await openSse();
    const id = messages.searchParams.get('sessionId') ?? '';
    await post(messages, initializeOf('2024-11-05'));
    for (const [index, path] of [`/messages?sessionId=${id}`, `/messages?session_id=${id}`, `/messages/${id}`].entries()) {
      expect((await post(new URL(path, gatehouse.url), { jsonrpc: '2.0', id: `p${index}`, method: 'ping' })).status).toBe(202);
      const answer = await stream.events.first((event) => event.data.includes(`"p${index}"`), 'the answer to the ping');
      expect(messageIn(answer)).toEqual({ jsonrpc: '2.0', id: `p${index}`, result: {} });
    }
    stream.close();
  });
});

describe('initialize over stdio', () => {
  it.each(dates)('of %s is answered with %s', async (asked, answered) => {
    const pipe = launchPipe({ ...builtStdio, env: { ...builtStdio.env, GATEHOUSE_SERVER_NAME: 'dates', GATEHOUSE_INSTRUCTIONS: 'Say when.' } });
    expect(await pipe.ask({ ...initializeOf(asked), id: 0 })).toMatchObject(answerWith(answered));
    expect(await pipe.ask({ jsonrpc: '2.0', id: 'l', method: 'tools/list' })).toMatchObject({ result: { tools: expect.any(Array) } });
    expect(await pipe.end()).toBe(0);
    expect(pipe.noise).toEqual([]);
  });

  it('stands beside requests of 2026-07-28 on the same pipe', async () => {
    const pipe = launchPipe(builtStdio);
    const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} };
    expect(await pipe.ask({ jsonrpc: '2.0', id: 'd', method: 'server/discover', params: { _meta } })).toMatchObject({ result: { resultType: 'complete' } });
    expect(await pipe.ask({ ...initializeOf('2025-03-26'), id: 0 })).toMatchObject({ result: { protocolVersion: '2025-03-26' } });
    expect(await pipe.ask({ jsonrpc: '2.0', id: 'c', method: 'tools/call', params: { name: 'greet', arguments: { name: 'Ada' }, _meta } }))
      .toMatchObject({ result: { resultType: 'complete', content: [{ text: 'Hello, Ada!' }] } });
    expect(await pipe.ask({ jsonrpc: '2.0', id: 's', method: 'tools/call', params: { name: 'greet', arguments: { name: 'Bob' } } }))
      .toMatchObject({ result: { content: [{ text: 'Hello, Bob!' }] } });
  });
});
