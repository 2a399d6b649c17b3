/** A mixed server: public tools for everybody, a sign-in only for what is protected (contract lines 17 and 18). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted, perRequest, send } from '../support/http-mcp.js';
import { authDoors, everyAuthDoor, signInThrough } from '../support/mcp-auth-doors.js';
import { KeptCredentials } from '../support/mcp-auth-provider.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { tokenOf } from '../support/mcp-auth-tokens.js';
import { textOf } from '../support/mcp-peer.js';
import { messageIn, openStream } from '../support/mcp-wire.js';
import { GuardedModule } from './fixtures/guarded.js';

let server: AuthServer;
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule], settings: { guests: true } });
});
afterAll(() => server.close());

let people = 0;
const somebody = () => server.person(`person-${++people}`);

describe.each(everyAuthDoor.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  it('comes in, lists and calls what is public, and nobody is asked to sign in', async () => {
    const credentials = new KeptCredentials(await somebody());
    const { peer } = await signInThrough(door, server.url, credentials);
    expect((await peer.listTools()).map(({ name }) => name)).toContain('opening_hours');
    expect(textOf(await peer.call('opening_hours'))).toBe('always');
    expect(credentials.asked).toEqual([]);
    expect((await peer.listTools()).map(({ name }) => name)).not.toContain('admin_report');
  });

  it('signs its person in once something protected is called, and does it when it comes back', async () => {
    const person = await somebody();
    const credentials = new KeptCredentials(person);
    const { peer, finish } = await signInThrough(door, server.url, credentials);
    await expect(peer.call('who_am_i')).rejects.toThrow(/Unauthorized/);
    expect(credentials.asked).toHaveLength(1);
    await finish();
    const next = await signInThrough(door, server.url, credentials);
    expect(JSON.parse(textOf(await next.peer.call('who_am_i')))).toMatchObject({ kind: 'user', subject: person.account.id });
    expect(credentials.asked).toHaveLength(1);
  });
});

describe('a client of 2026-07-28', () => {
  it.each([authDoors.httpAuto, authDoors.httpPinned])('goes on with the same connection after the sign-in: $name', async (door) => {
    const person = await somebody();
    const { peer, again } = await signInThrough(door, server.url, new KeptCredentials(person));
    expect(textOf(await again(() => peer.call('who_am_i')))).toContain(person.account.id);
  });
});

describe('a wrong credential', () => {
  it.each([['authorization', 'Bearer not.a.token'], ['authorization', 'Bearer nonsense'], ['x-api-key', 'gh_no_such_key']])('is refused even for what is public: %s: %s', async (header, value) => {
    const { headers, json } = perRequest(1, 'tools/call', { name: 'opening_hours', arguments: {} });
    const reply = await send(`${server.url}/mcp`, { headers: { ...headers, [header]: value }, json });
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([401, expect.stringContaining('error="invalid_token"')]);
  });
});

describe('a session that was opened without a credential', () => {
  it('is unknown to whoever brings one', async () => {
    const opened = await send(`${server.url}/mcp`, {
      headers: accepted, json: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'by-hand', version: '1' } } },
    });
    const { bearer } = await tokenOf(server.url, await somebody());
    const ask = (headers: Record<string, string>) => send(`${server.url}/mcp`, { headers: { ...accepted, ...headers, 'mcp-session-id': String(opened.headers['mcp-session-id']) }, json: { jsonrpc: '2.0', id: 1, method: 'ping' } });
    expect((await ask({})).status).toBe(200);
    expect((await ask(bearer)).status).toBe(404);
  });
});

describe('HTTP+SSE, where answers do not come with the POST', () => {
  async function open(name: string, headers: Record<string, string> = {}) {
    const stream = await openStream(`${server.url}/sse`, headers);
    const { data } = await stream.events.first(({ event }) => event === 'endpoint', 'the endpoint');
    const say = (json: object) => send(server.url + data, { headers: { ...accepted, ...headers }, json: { jsonrpc: '2.0', ...json } });
    await say({ id: 0, method: 'initialize', params: { protocolVersion: '2024-11-05', capabilities: {}, clientInfo: { name, version: '1' } } });
    await stream.events.first(({ data }) => data.includes('"id":0,'), 'the answer to initialize');
    return { stream, say };
  }

  it('challenges with the POST all the same: 401 for who has not signed in, 403 for who lacks a scope', async () => {
    const guest = await open('claude-code');
    const unsigned = await guest.say({ id: 1, method: 'tools/call', params: { name: 'write_file' } });
    expect([unsigned.status, unsigned.headers['www-authenticate']]).toEqual([401, `Bearer resource_metadata="${server.url}/.well-known/oauth-protected-resource/sse", scope="mcp files:write"`]);
    const { bearer } = await tokenOf(server.url, await somebody());
    const signedIn = await open('claude-code', bearer);
    const refused = await signedIn.say({ id: 1, method: 'resources/read', params: { uri: 'guarded://ledger' } });
    expect(refused.status).toBe(202);
    const weak = await signedIn.say({ id: 2, method: 'tools/call', params: { name: 'write_file' } });
    expect([weak.status, weak.headers['www-authenticate']]).toEqual([403, expect.stringContaining('scope="mcp files:write"')]);
    guest.stream.close();
    signedIn.stream.close();
  });

  it('challenges in a result on the stream for clients that read those', async () => {
    const { stream, say } = await open('openai-mcp');
    expect((await say({ id: 1, method: 'tools/call', params: { name: 'write_file' } })).status).toBe(202);
    const answer = await stream.events.first(({ data }) => data.includes('"id":1'), 'the answer');
    expect(messageIn(answer).result).toMatchObject({ isError: true, _meta: { 'mcp/www_authenticate': [expect.stringContaining('scope="mcp files:write"')] } });
    stream.close();
  });

  it('says nothing about what is hidden: the answer is that of an unknown tool', async () => {
    const { stream, say } = await open('claude-code');
    for (const [id, name] of [[1, 'admin_report'], [2, 'admin_rexxxx']] as const) expect((await say({ id, method: 'tools/call', params: { name } })).status).toBe(202);
    // What else is announced meanwhile may come in between.
    const answerTo = (id: number) => stream.events.first(({ data }) => data.includes(`"id":${id},`), `the answer to ${id}`);
    const [one, other] = [await answerTo(1), await answerTo(2)];
    expect(one.data.replace('admin_report', 'X').replace('"id":1', '')).toBe(other.data.replace('admin_rexxxx', 'X').replace('"id":2', ''));
    stream.close();
  });
});
