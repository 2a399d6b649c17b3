/** JSON-RPC batches: a part of 2025-03-26 and of no other revision (row A9). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { builtStdio } from '../support/mcp-doors.js';
import { launchPipe } from '../support/mcp-pipe.js';
import { initializeOf, modernRequest, openSession, openStream, post, type RawSession } from '../support/mcp-wire.js';
import { DiagnosticsModule } from './fixtures/diagnostics.js';
import { Ledger } from './fixtures/ledger.js';

let gatehouse: Gatehouse;
let ledger: Ledger;
beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [DiagnosticsModule] });
  ledger = gatehouse.app.get(Ledger);
});
afterAll(() => gatehouse.close());

const ping = (id: string | number): object => ({ jsonrpc: '2.0', id, method: 'ping' });
const call = (id: string | number, name: string, args: object, _meta?: object): object =>
  ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, ...(_meta ? { _meta } : {}) } });
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };

describe('a batch on 2025-03-26', () => {
  let session: RawSession;
  beforeEach(async () => {
    session = await openSession(gatehouse.url, '2025-03-26');
  });

  it('is answered with one array: one answer to each request, none to notifications', async () => {
    const reply = await session.post([ping('a'), initialized, call(7, 'greet', { name: 'Ada' }), { jsonrpc: '2.0', id: 'b', method: 'no/such' }]);
    expect(reply.status).toBe(200);
    const answers: unknown = JSON.parse(reply.text);
    expect(answers).toHaveLength(3);
    expect(answers).toEqual(expect.arrayContaining([
      { jsonrpc: '2.0', id: 'a', result: {} },
      expect.objectContaining({ id: 7, result: expect.objectContaining({ content: [{ type: 'text', text: 'Hello, Ada!' }] }) }),
      expect.objectContaining({ id: 'b', error: expect.objectContaining({ code: -32601 }) }),
    ]));
  });

  it('of one is answered with an array of one', async () => {
    expect(JSON.parse((await session.post([ping(1)])).text)).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
  });

  it('of notifications alone is taken without an answer', async () => {
    expect(await session.post([initialized, initialized])).toMatchObject({ status: 202, text: '' });
  });

  it('becomes one stream with every answer when one of its calls has something to say before its end', async () => {
    const body = [call('slow', 'report_then_wait', { entry: 'batch' }, { progressToken: 'p' }), ping('quick')];
    const stream = await openStream(new URL('/mcp', gatehouse.url), session.headers, body);
    await stream.events.until((events) => events.some(({ data }) => data.includes('"progress":100')) && events.some(({ data }) => data.includes('"quick"')), 'progress and the quick answer');
    ledger.release('batch');
    expect(await stream.ended).toBe('ended');
    const said = stream.events.items.map(({ data }) => JSON.parse(data)).flat();
    expect(said.filter(({ id }) => id === 'slow')).toHaveLength(1);
    expect(said.filter(({ id }) => id === 'quick')).toHaveLength(1);
  });

  it('is refused when it is empty, or holds an array, initialize or no messages at all', async () => {
    for (const body of [[], [[ping(1)]], [initializeOf('2025-03-26'), ping(1)], [1, 2]]) {
      const reply = await session.post(body);
      expect(reply.status, JSON.stringify(body)).toBe(400);
      expect(reply.last.error?.code, JSON.stringify(body)).toBe(-32600);
    }
  });

  it('that uses an id twice is refused as a whole, runs nothing and leaves the id free', async () => {
    const entry = 'twice in a batch';
    const twice = await session.post([call(1, 'ledger_enter', { entry }), call(1, 'ledger_enter', { entry })]);
    expect(twice.status).toBe(400);
    expect(twice.last.error?.code).toBe(-32600);
    expect((await session.post(ping(1))).last).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    expect(ledger.count(entry)).toBe(0);
  });
});

describe('a batch on every other revision', () => {
  it.each(['2024-10-07', '2024-11-05', '2025-06-18', '2025-11-25'])('is refused on %s, and nothing of it runs', async (revision) => {
    const session = await openSession(gatehouse.url, revision);
    const reply = await session.post([call(1, 'ledger_enter', { entry: revision }), initialized]);
    expect(reply.status).toBe(400);
    expect(reply.last.error?.code).toBe(-32600);
    expect(ledger.count(revision)).toBe(0);
  });

  it('is refused on 2026-07-28, and nothing of it runs', async () => {
    const { body, headers } = modernRequest('tools/call', { name: 'ledger_enter', arguments: { entry: '2026-07-28' } });
    const reply = await post(new URL('/mcp', gatehouse.url), [body], headers);
    expect(reply.status).toBe(400);
    expect(reply.last.error?.code).toBe(-32600);
    expect(ledger.count('2026-07-28')).toBe(0);
  });

  it('is refused over HTTP+SSE on 2024-11-05', async () => {
    const stream = await openStream(new URL('/sse', gatehouse.url));
    const endpoint = await stream.events.first(({ event }) => event === 'endpoint', 'the endpoint');
    const messages = new URL(endpoint.data, gatehouse.url);
    await post(messages, initializeOf('2024-11-05'));
    expect((await post(messages, [call(1, 'ledger_enter', { entry: 'sse' })])).status).toBe(400);
    expect(ledger.count('sse')).toBe(0);
    stream.close();
  });
});

describe('a batch over stdio', () => {
  it('is answered in full on 2025-03-26', async () => {
    const pipe = launchPipe(builtStdio);
    await pipe.ask({ ...initializeOf('2025-03-26'), id: 0 });
    pipe.say([ping('a'), call('b', 'greet', { name: 'Ada' })]);
    await pipe.messages.first(({ id }) => id === 'a', 'the first answer');
    await pipe.messages.first(({ id }) => id === 'b', 'the second answer');
    expect(pipe.messages.items.filter(({ id }) => id === 'a' || id === 'b')).toHaveLength(2);
  });

  it('is refused on 2025-11-25', async () => {
    const pipe = launchPipe(builtStdio);
    await pipe.ask({ ...initializeOf('2025-11-25'), id: 0 });
    pipe.say([ping('a')]);
    const refusal = await pipe.messages.first(({ error }) => error !== undefined, 'the refusal');
    expect(refusal.error?.code).toBe(-32600);
  });
});
