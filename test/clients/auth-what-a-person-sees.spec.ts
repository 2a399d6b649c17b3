/** Everybody sees what their role may use, and nothing else is there (R34–R37, rows D11, D12). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted, perRequest, send, type Reply } from '../support/http-mcp.js';
import { authDoors, enterWith, everyAuthDoor, signInThrough } from '../support/mcp-auth-doors.js';
import { KeptCredentials } from '../support/mcp-auth-provider.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { tokenOf, type HandToken } from '../support/mcp-auth-tokens.js';
import { openSession } from '../support/mcp-wire.js';
import { GuardedModule } from './fixtures/guarded.js';

const EVERYBODY = ['echo', 'greet', 'opening_hours', 'server_time'];
const SEEN = {
  admin: ['admin_report', 'code_analysis', 'data_transform', 'echo', 'greet', 'long_story', 'opening_hours', 'order', 'server_time', 'who_am_i', 'write_file'],
  analyst: ['data_transform', 'echo', 'greet', 'long_story', 'opening_hours', 'order', 'server_time', 'who_am_i', 'write_file'],
  developer: ['code_analysis', 'data_transform', 'echo', 'greet', 'opening_hours', 'server_time', 'who_am_i'],
  nobody_in_particular: EVERYBODY,
};

let server: AuthServer;
const tokens = new Map<string, HandToken>();
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule] });
  for (const role of Object.keys(SEEN)) tokens.set(role, await tokenOf(server.url, await server.person(role, [role])));
});
afterAll(() => server.close());

function bearer(role: keyof typeof SEEN): { authorization: string } {
  const { authorization } = tokens.get(role)?.bearer ?? { authorization: '' };
  return { authorization };
}

describe.each(everyAuthDoor.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  it.each(Object.entries(SEEN))('shows %s the tools of that role', async (role, tools) => {
    const person = await server.person(`${role} at ${door.name}`, [role]);
    const { peer } = await signInThrough(door, server.url, new KeptCredentials(person));
    expect((await peer.listTools()).map(({ name }) => name)).toEqual(tools);
  });

  it('shows resources and prompts by the same rule', async () => {
    const { peer: analyst } = await signInThrough(door, server.url, new KeptCredentials(await server.person(`reader at ${door.name}`)));
    expect((await analyst.verbs.listResources()).resources.map(({ uri }) => uri)).toEqual(['guarded://ledger']);
    expect((await analyst.verbs.listPrompts()).prompts).toEqual([]);
    const { peer: admin } = await signInThrough(door, server.url, new KeptCredentials(await server.person(`admin at ${door.name} too`, ['admin'])));
    expect((await admin.verbs.listPrompts()).prompts.map(({ name }) => name)).toEqual(['admin_prompt']);
  });
});

/** What a reply tells, apart from the time and the name that was asked for. */
function told({ status, headers, text }: Reply, name: string): object {
  const { date: _date, ...rest } = headers;
  return { status, headers: rest, text: text.replaceAll(name, 'X'.repeat(name.length)) };
}

describe('what a role may not use answers like what does not exist, byte for byte (D11)', () => {
  it.each([
    ['tools/call', 'admin_report', 'no_such_tool'], ['prompts/get', 'admin_prompt', 'no_such_thing'], ['resources/read', 'guarded://ledger', 'guarded://nowhere'],
  ])('%s of 2026-07-28', async (method, hidden, missing) => {
    const ask = async (name: string): Promise<object> => {
      const { headers, json } = perRequest(1, method, method === 'resources/read' ? { uri: name } : { name });
      return told(await send(`${server.url}/mcp`, { headers: { ...headers, ...bearer('developer') }, json }), name);
    };
    const [one, other] = [await ask(hidden), await ask(missing.padEnd(hidden.length, '_').slice(0, hidden.length))];
    expect(one).toEqual(other);
    expect(one).toMatchObject({ text: expect.stringContaining('-32602') });
  });

  it.each(['2025-03-26', '2025-11-25'])('tools/call in a session of %s', async (revision) => {
    const opened = await send(`${server.url}/mcp`, {
      headers: { ...accepted, ...bearer('developer') },
      json: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'by-hand', version: '1' } } },
    });
    const headers = { ...accepted, ...bearer('developer'), 'mcp-session-id': String(opened.headers['mcp-session-id']) };
    const ask = async (name: string): Promise<object> => told(await send(`${server.url}/mcp`, { headers, json: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } } }), name);
    expect(await ask('admin_report')).toEqual(await ask('admin_rexxxx'));
  });

  it('completion/complete of a hidden prompt', async () => {
    const ask = async (name: string): Promise<object> => {
      const { headers, json } = perRequest(1, 'completion/complete', { ref: { type: 'ref/prompt', name }, argument: { name: 'a', value: '' } });
      return told(await send(`${server.url}/mcp`, { headers: { ...headers, ...bearer('analyst') }, json }), name);
    };
    expect(await ask('admin_prompt')).toEqual(await ask('admin_prxxxx'));
  });
});

describe('lists stay with whom they were made for', () => {
  it.each([authDoors.httpLegacy, authDoors.httpPinned, authDoors.sseV1])('two callers interleaved two hundred times: $name', async (door) => {
    const [admin, developer] = await Promise.all([
      enterWith(door, server.url, { headers: bearer('admin') }), enterWith(door, server.url, { headers: bearer('developer') }),
    ]);
    const lists = await Promise.all(Array.from({ length: 200 }, async (_, index) => {
      const isAdmin = index % 2 === 0;
      const { tools } = await (isAdmin ? admin : developer).listToolsPage();
      return { isAdmin, names: tools.map(({ name }) => name) };
    }));
    for (const { isAdmin, names } of lists) expect(names).toEqual(isAdmin ? SEEN.admin : SEEN.developer);
  });

  it('is said to caches: lists are private where callers differ (2026-07-28, "Caching")', async () => {
    const { headers, json } = perRequest(1, 'tools/list');
    const reply = await send(`${server.url}/mcp`, { headers: { ...headers, ...bearer('admin') }, json });
    expect(JSON.parse(reply.text)).toMatchObject({ result: { cacheScope: 'private' } });
  });
});

describe('who brings no credential', () => {
  it('gets no list, no session and no event (P5)', async () => {
    const { headers, json } = perRequest(1, 'tools/list');
    expect((await send(`${server.url}/mcp`, { headers, json })).status).toBe(401);
    expect(await openSession(server.url, '2025-11-25')).toMatchObject({ id: '' });
    expect((await send(`${server.url}/sse`, { method: 'GET', headers: { accept: 'text/event-stream' } })).status).toBe(401);
  });
});
