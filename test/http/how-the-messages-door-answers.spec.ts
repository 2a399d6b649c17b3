/** `POST /messages`: the ways to name a session, and every way to be refused (R173, R182, R183, R241, R256, R257, R275, R277, R278). */
import supertest from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { rpc } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';

let gatehouse: Gatehouse;
let client: SseClient;

beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());
beforeEach(async () => {
  client = await SseClient.connect(gatehouse.url);
  gatehouse.app.get(Ledger).rows.length = 0;
});
afterEach(() => client.close());

const note = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'note', arguments: { text: 'a' } } };

/** Posts through the controllers, as supertest does. */
function post(path: string, body: string | object = note, type = 'application/json'): supertest.Test {
  return supertest(gatehouse.url).post(path).set('Content-Type', type).send(body);
}

describe('a session is named in any of three ways (R172, R183, R256)', () => {
  it.each([
    ['sessionId', (id: string) => `/messages?sessionId=${id}`],
    ['session_id', (id: string) => `/messages?session_id=${id}`],
    ['the path', (id: string) => `/messages/${id}`],
    ['sessionId beside something else', (id: string) => `/messages?trace=1&sessionId=${id}`],
  ])('takes it as %s', async (_way, path) => {
    await post(path(client.sessionId)).expect(202, 'Accepted');
    expect((await client.stream.answer(1)).result).toMatchObject({ content: [{ text: 'noted a' }] });
  });

  it.each(['/messages', '/messages/', '/messages?sessionId=', '/messages?other=1', '/messages?sessionId=a&sessionId=b', '/messages?session_id=', '/messages?sessionId[]=a'])('answers 400 to %s (R182, R275)', async (path) => {
    const { status, body } = await post(path);
    expect([status, body.error.code]).toEqual([400, 1400]);
    expect(gatehouse.app.get(Ledger).rows).toEqual([]);
  });

  it.each(['/messages?sessionId=unknown', '/messages/unknown', '/messages?session_id=00000000000000000000000000000000', '/messages?sessionId=__proto__', `/messages?sessionId=${'x'.repeat(8000)}`])('answers 404 to %s with a JSON-RPC error (R182, R241, R257, fault 21)', async (path) => {
    const { status, body, headers } = await post(path);
    expect([status, body.jsonrpc, body.error.code]).toEqual([404, '2.0', 1404]);
    expect(headers['content-type']).toMatch(/^application\/json/);
  });

  it('answers an ended session byte for byte like one that never was (P6)', async () => {
    client.close();
    await until('the session is gone', async () => (await client.post(note)).status === 404);
    const [ended, unknown] = [await client.post(note), await client.post(note, { to: '/messages?sessionId=unknown' })];
    const seen = ({ status, headers: { date: _date, ...headers }, text }: typeof ended): unknown => ({ status, headers, text });
    expect(seen(ended)).toEqual(seen(unknown));
  });
});

describe('a refusal to who presented a live session is the envelope of the brief (R277, R278)', () => {
  const envelope = (sessionId: string): object => ({
    jsonrpc: '2.0', id: null,
    error: { code: -32000, message: expect.stringMatching(/\w/), data: { method: 'POST', sessionId, connectionActive: true, type: 'message_handler_error' } },
  });

  it.each<[string, number, string | object, string]>([
    ['broken JSON', 400, '{"jsonrpc":', 'application/json'],
    ['an empty body', 400, '', 'application/json'],
    ['something that is no message', 400, { hello: 'world' }, 'application/json'],
    ['a response nobody asked for', 400, { jsonrpc: '2.0', id: 1, result: {} }, 'application/json'],
    ['a batch, which 2024-11-05 has not', 400, [note, note], 'application/json'],
    ['another type', 415, 'x', 'text/plain'],
    ['a form', 415, 'a=b', 'application/x-www-form-urlencoded'],
    ['a body beyond the limit', 413, `"${'x'.repeat(1024 ** 2)}"`, 'application/json'],
  ])('wraps the refusal of %s', async (_what, status, body, type) => {
    const reply = await post(client.endpoint, body, type);
    expect(reply.status).toBe(status);
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    expect(reply.body).toEqual(envelope(client.sessionId));
    expect(gatehouse.app.get(Ledger).rows).toEqual([]);
  });

  it('repeats the session id to nobody else', async () => {
    const replies = await Promise.all([post('/messages?sessionId=stranger', '{'), post('/messages/stranger'), post('/messages?sessionId=', '{')]);
    expect(replies.map(({ text }) => text).filter((text) => /stranger|sessionId":|message_handler_error/.test(text))).toEqual([]);
  });

  it('goes on serving the session afterwards', async () => {
    await post(client.endpoint, '{').expect(400);
    expect((await client.call(9, 'ping')).result).toEqual({});
  });

  it('refuses a second request under an id in flight and leaves the first alone (A25)', async () => {
    const hold = { jsonrpc: '2.0', id: 5, method: 'tools/call', params: { name: 'hold', arguments: { key: 'sse' } } };
    await post(client.endpoint, hold).expect(202);
    const ledger = gatehouse.app.get(Ledger);
    await until('it runs', () => ledger.rows.includes('held:sse'));
    await post(client.endpoint, { ...note, id: 5 }).expect(400);
    ledger.release('sse');
    expect((await client.stream.answer(5)).result).toMatchObject({ content: [{ text: 'held sse' }] });
    expect(ledger.rows).toEqual(['held:sse', 'released:sse']);
  });
});

describe('faults of a call come on the stream, as answers (R207, R222)', () => {
  it.each([
    ['an unknown method', { method: 'unknown/method', params: {} }, -32601],
    ['an unknown tool', { method: 'tools/call', params: { name: 'nothing', arguments: {} } }, -32602],
    ['blank arguments', { method: 'tools/call', params: { name: 'echo', arguments: { message: '' } } }, -32602],
  ])('answers %s with its JSON-RPC error', async (_what, request, code) => {
    await post(client.endpoint, { jsonrpc: '2.0', id: 1, ...request }).expect(202);
    expect((await client.stream.answer(1)).error?.code).toBe(code);
  });

  it('takes a batch of a client that speaks 2025-03-26 (A9)', async () => {
    const newer = await SseClient.connect(gatehouse.url, '2025-03-26');
    await post(newer.endpoint, [note, { ...note, id: 2 }]).expect(202);
    await newer.stream.frame('both answers', () => ['"id":1', '"id":2'].every((id) => newer.stream.text.includes(id)));
    expect(gatehouse.app.get(Ledger).rows).toEqual(['note:a', 'note:a']);
    newer.close();
  });

  it('runs nothing of a batch it refuses (A9, A25)', async () => {
    const newer = await SseClient.connect(gatehouse.url, '2025-03-26');
    const reply = await post(newer.endpoint, [note, note]);
    expect(reply.status).toBe(400);
    expect(gatehouse.app.get(Ledger).rows).toEqual([]);
    expect(rpc(reply).error?.code).toBe(-32000);
    newer.close();
  });
});
