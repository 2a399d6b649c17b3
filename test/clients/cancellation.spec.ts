/** Who cancels stops the work; who merely loses the connection stops it only on 2026-07-28 (promise P2). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { eventually, within } from '../support/mcp-deadline.js';
import { doors, enter, enterModern, everyDialect, fixtureStdio, type House } from '../support/mcp-doors.js';
import { textOf } from '../support/mcp-peer.js';
import { initializeOf, messageIn, modernRequest, openSession, openStream, post } from '../support/mcp-wire.js';
import { DiagnosticsModule } from './fixtures/diagnostics.js';
import { Ledger } from './fixtures/ledger.js';

const STOPPED_MS = 1000;

let gatehouse: Gatehouse;
let ledger: Ledger;
let house: House;
beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [DiagnosticsModule] });
  ledger = gatehouse.app.get(Ledger);
  house = { url: gatehouse.url, stdio: fixtureStdio() };
});
afterAll(() => gatehouse.close());

let made = 0;
const fresh = (): string => `entry ${++made}`;

function call(name: string, entry: string, meta?: object): object {
  return { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: { entry }, ...(meta ? { _meta: meta } : {}) } };
}

describe.each(everyDialect.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  it('stops a running tool within a second of taking the call back, and can call on', async () => {
    const peer = await enter(door, house);
    const entry = fresh();
    const written = (what: string): Promise<boolean> => peer.call('ledger_count', { entry: `${entry} ${what}` }).then((result) => textOf(result) !== '0');
    const taken = new AbortController();
    const outcome = peer.call('wait_for_cancel', { entry }, { signal: taken.signal }).then(() => 'answered', () => 'taken back');
    await eventually(() => written('started'), 'the start of the tool');
    taken.abort();
    await eventually(() => written('cancelled'), 'the signal of the tool', STOPPED_MS);
    expect(await outcome).toBe('taken back');
    expect(textOf(await peer.call('greet', { name: 'Ada' }))).toBe('Hello, Ada!');
  });
});

describe('a tool that ignores its signal', () => {
  it.each([doors.httpV1, doors.httpPinned, doors.sse2024].map((door) => ({ door, name: door.name })))('holds up nobody: $name', async ({ door }) => {
    const peer = await enter(door, house);
    const entry = fresh();
    const taken = new AbortController();
    const outcome = peer.call('ignore_signal', { entry }, { signal: taken.signal }).then(() => 'answered', () => 'taken back');
    await ledger.written(`${entry} started`);
    taken.abort();
    expect(await outcome).toBe('taken back');
    expect(textOf(await peer.call('greet', { name: 'Ada' }))).toBe('Hello, Ada!');
    ledger.release(entry);
    await ledger.written(`${entry} finished`);
    expect(peer.complaints.items).toEqual([]);
  });
});

describe('a connection lost on 2026-07-28', () => {
  it('cancels the call within a second, before anything was answered', async () => {
    const entry = fresh();
    const { body, headers } = modernRequest('tools/call', { name: 'wait_for_cancel', arguments: { entry } });
    const lost = new AbortController();
    const reply = fetch(new URL('/mcp', gatehouse.url), {
      method: 'POST', body: JSON.stringify(body), signal: lost.signal,
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    }).then(() => 'answered', () => 'lost');
    await ledger.written(`${entry} started`);
    lost.abort();
    await ledger.written(`${entry} cancelled`, STOPPED_MS);
    expect(await reply).toBe('lost');
  });

  it('cancels the call within a second, in the middle of its stream', async () => {
    const entry = fresh();
    const { body, headers } = modernRequest('tools/call', { name: 'report_then_wait', arguments: { entry } });
    const params = (body as { params: { _meta: object } }).params;
    const stream = await openStream(new URL('/mcp', gatehouse.url), headers, { ...body, params: { ...params, _meta: { ...params._meta, progressToken: 'p' } } });
    await stream.events.until((events) => events.length >= 3, 'three reports');
    stream.close();
    await ledger.written(`${entry} cancelled`, STOPPED_MS);
    expect(await stream.ended).toBe('broken');
    ledger.release(entry);
  });

  it('ends a subscription without a trace', async () => {
    const peer = await enterModern(house);
    const subscription = await peer.client.listen({ toolsListChanged: true });
    await subscription.close();
    expect(await within(subscription.closed, 'the end of the subscription')).toBe('local');
    expect(peer.complaints.items).toEqual([]);
  });
});

describe('a connection lost in a session of /mcp', () => {
  it.each(['2025-03-26', '2025-06-18', '2025-11-25'])('does not cancel the call on %s, before anything was answered', async (revision) => {
    const session = await openSession(gatehouse.url, revision);
    const entry = fresh();
    const lost = new AbortController();
    const reply = fetch(new URL('/mcp', gatehouse.url), {
      method: 'POST', body: JSON.stringify(call('wait_for_release', entry)), signal: lost.signal,
      headers: { ...session.headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    }).then(() => 'answered', () => 'lost');
    await ledger.written(`${entry} started`);
    lost.abort();
    expect(await reply).toBe('lost');
    // A round trip later the server knows of the loss.
    await session.post({ jsonrpc: '2.0', id: 2, method: 'ping' });
    ledger.release(entry);
    await ledger.written(`${entry} finished`);
    expect(ledger.count(`${entry} cancelled`)).toBe(0);
  });

  it('does not cancel the call in the middle of its stream, and its answer can be fetched', async () => {
    const session = await openSession(gatehouse.url, '2025-11-25');
    const entry = fresh();
    const stream = await openStream(new URL('/mcp', gatehouse.url), session.headers, call('report_then_wait', entry, { progressToken: 'p' }));
    await stream.events.until((events) => events.length >= 5, 'a priming event, three reports and a log message');
    stream.close();
    expect(await stream.ended).toBe('broken');
    const resumed = await session.listen(stream.events.items.at(-1)?.id);
    ledger.release(entry);
    await ledger.written(`${entry} finished`);
    const answer = await resumed.events.first(({ data }) => data !== '', 'the answer');
    expect(messageIn(answer)).toMatchObject({ id: 1, result: { content: [{ text: `${entry} was released` }] } });
    expect(ledger.count(`${entry} cancelled`)).toBe(0);
  });
});

describe('a stream of HTTP+SSE that is lost', () => {
  it('does not cancel the call: a drop is no wish (reliability, fact 2)', async () => {
    const stream = await openStream(new URL('/sse', gatehouse.url));
    const endpoint = await stream.events.first(({ event }) => event === 'endpoint', 'the endpoint');
    const messages = new URL(endpoint.data, gatehouse.url);
    await post(messages, initializeOf('2024-11-05'));
    const entry = fresh();
    await post(messages, call('wait_for_release', entry));
    await ledger.written(`${entry} started`);
    stream.close();
    expect(await stream.ended).toBe('broken');
    await eventually(async () => (await post(messages, { jsonrpc: '2.0', id: 2, method: 'ping' })).status === 404, 'the end of the session');
    ledger.release(entry);
    await ledger.written(`${entry} finished`);
    expect(ledger.count(`${entry} cancelled`)).toBe(0);
  });
});

describe('notifications/cancelled', () => {
  it('is ignored for an id nobody uses, for a finished call, and for a call of another session (row D16)', async () => {
    const [mine, theirs] = await Promise.all([openSession(gatehouse.url, '2025-11-25'), openSession(gatehouse.url, '2025-11-25')]);
    const entry = fresh();
    const running = mine.post(call('wait_for_release', entry));
    await ledger.written(`${entry} started`);
    const cancelled = (requestId: unknown): object => ({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
    expect((await theirs.post(cancelled(1))).status).toBe(202);
    for (const requestId of [77, '1', 'never']) expect((await mine.post(cancelled(requestId))).status).toBe(202);
    ledger.release(entry);
    expect((await running).last.result).toMatchObject({ content: [{ text: `${entry} was released` }] });
    expect((await mine.post(cancelled(1))).status).toBe(202);
    expect(ledger.count(`${entry} cancelled`)).toBe(0);
  });
});
