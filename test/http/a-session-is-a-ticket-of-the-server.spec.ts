/** Sessions of 2025-03-26 to 2025-11-25: who mints the id, and what an absent, unknown or ended one is answered (rows C3, C4, C5). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { accepted, initialize, McpSession, rpc, send, type Reply } from '../support/http-mcp.js';

let gatehouse: Gatehouse;

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { maxSessionsPerCaller: 1000 } });
});
afterAll(() => gatehouse.close());

const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };

/** POST, GET and DELETE with this session id. */
function everyMethod(id: string | undefined): Promise<Reply[]> {
  const headers = { ...accepted, 'mcp-protocol-version': '2025-11-25', ...(id === undefined ? {} : { 'mcp-session-id': id }) };
  return Promise.all([
    send(`${gatehouse.url}/mcp`, { headers, json: ping }),
    send(`${gatehouse.url}/mcp`, { method: 'GET', headers }),
    send(`${gatehouse.url}/mcp`, { method: 'DELETE', headers }),
  ]);
}

/** What a client can tell two replies apart by. */
const seen = ({ status, headers: { date: _date, ...headers }, text }: Reply): unknown => ({ status, headers, text });

describe('a session is opened by initialize alone, under an id of the server (R188, R189, R190)', () => {
  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])('answers initialize of %s in kind, with an id', async (revision) => {
    const reply = await initialize(gatehouse.url, revision);
    expect(reply.status).toBe(200);
    expect(rpc(reply)).toMatchObject({ id: 'open', result: { protocolVersion: revision, serverInfo: { name: 'gatehouse' } } });
    expect(reply.headers['mcp-session-id']).toBeTypeOf('string');
  });

  it.each(['1999-01-01', '2099-12-31', '2026-07-28', 'latest', ''])('answers initialize of "%s" with a revision it has, never 400', async (revision) => {
    const reply = await initialize(gatehouse.url, revision);
    expect(reply.status).toBe(200);
    expect(rpc(reply).result).toMatchObject({ protocolVersion: '2025-11-25' });
  });

  it('answers initialize whatever MCP-Protocol-Version says', async () => {
    const replies = await Promise.all(['garbage', '2099-01-01', '2025-06-18'].map((version) => initialize(gatehouse.url, '2025-11-25', { 'mcp-protocol-version': version })));
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('ignores an id that a client brings along (C3)', async () => {
    const brought = 'A'.repeat(32);
    const reply = await initialize(gatehouse.url, '2025-11-25', { 'mcp-session-id': brought });
    expect(reply.headers['mcp-session-id']).not.toBe(brought);
    expect((await everyMethod(brought)).map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it('mints another id even for who brings a living one (C3)', async () => {
    const session = await McpSession.open(gatehouse.url);
    const reply = await initialize(gatehouse.url, '2025-11-25', { 'mcp-session-id': session.id });
    expect(reply.status).toBe(200);
    expect(reply.headers['mcp-session-id']).not.toBe(session.id);
    expect((await session.call(1, 'ping')).status).toBe(200);
  });

  it('mints ids of at least 128 bits in visible ASCII, none twice (C4)', async () => {
    const ids: string[] = [];
    for (let round = 0; round < 10; round++) {
      const replies = await Promise.all(Array.from({ length: 20 }, () => initialize(gatehouse.url)));
      ids.push(...replies.map(({ headers }) => String(headers['mcp-session-id'])));
    }
    expect(new Set(ids).size).toBe(200);
    // Base64url carries six bits a character: 22 of them are more than 128 bits.
    expect(ids.filter((id) => !/^[\x21-\x7e]+$/.test(id) || !/^[A-Za-z0-9_-]{22,}$/.test(id))).toEqual([]);
    const places = ids[0]?.length ?? 0;
    const stuck = Array.from({ length: places }, (_, place) => new Set(ids.map((id) => id[place])).size).filter((letters) => letters < 3);
    expect(stuck).toEqual([]);
  });
});

describe('absent, unknown and ended are told apart only as the protocol says (C5, R182, R257, fault 21)', () => {
  it('answers 400 without an id, on every method (C5)', async () => {
    const replies = await everyMethod(undefined);
    expect(replies.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect(replies.map((reply) => rpc(reply).error?.code)).toEqual([1400, 1400, 1400]);
  });

  it.each([['unknown', 'A'.repeat(32)], ['short', 'x'], ['long', 'x'.repeat(8000)], ['path-like', '../../etc/passwd'], ['prototype-like', '__proto__'], ['UUID', crypto.randomUUID()]])('answers 404 to an %s id, on every method (C5)', async (_what, id) => {
    expect((await everyMethod(id)).map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it('answers 204 to DELETE once, and 404 from then on (C5)', async () => {
    const session = await McpSession.open(gatehouse.url);
    expect((await session.end()).status).toBe(204);
    expect((await session.end()).status).toBe(404);
    expect((await everyMethod(session.id)).map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it('answers an ended session byte for byte like one that never was (P6)', async () => {
    const session = await McpSession.open(gatehouse.url);
    await session.end();
    const [ended, unknown] = await Promise.all([everyMethod(session.id), everyMethod('A'.repeat(32))]);
    expect(ended.map(seen)).toEqual(unknown.map(seen));
  });

  it('ends the streams of an ended session', async () => {
    const session = await McpSession.open(gatehouse.url);
    const stream = await session.listen();
    await session.end();
    await stream.ended();
    expect(stream.isEnded).toBe(true);
  });

  it('does not know the session of one door on another (P6)', async () => {
    const session = await McpSession.open(gatehouse.url);
    const { EventStream } = await import('../support/http-event-stream.js');
    const stream = await EventStream.open(`${gatehouse.url}/sse`);
    const { data = '' } = await stream.frame('the endpoint', ({ event }) => event === 'endpoint');
    const other = new URL(data, gatehouse.url).searchParams.get('sessionId') ?? '';
    expect((await send(`${gatehouse.url}/messages?sessionId=${session.id}`, { headers: accepted, json: ping })).status).toBe(404);
    expect((await everyMethod(other)).map(({ status }) => status)).toEqual([404, 404, 404]);
    stream.close();
  });
});

describe('a session keeps to its revisions (A20)', () => {
  it.each(['garbage', '2099-01-01', '2026-07-28-rc', '2025-11-25, 2025-06-18', ''])('answers 400 to MCP-Protocol-Version "%s"', async (version) => {
    const session = await McpSession.open(gatehouse.url);
    const reply = await session.post(ping, { 'mcp-protocol-version': version });
    expect(reply.status).toBe(400);
    expect(rpc(reply).error?.message).toMatch(/MCP-Protocol-Version/);
  });

  it('serves a request without the header, and with another revision that has sessions', async () => {
    const session = await McpSession.open(gatehouse.url);
    const { 'mcp-protocol-version': _none, ...headers } = session.headers;
    const replies = [await send(session.url, { headers, json: ping }), await session.post(ping, { 'mcp-protocol-version': '2025-06-18' })];
    expect(replies.map(({ status }) => status)).toEqual([200, 200]);
  });
});
