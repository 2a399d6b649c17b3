/** Machines come in with a key, in either header, on every door (R25–R33). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys, type NewApiKey } from '../../src/auth/api-keys.service.js';
import { authDoors, enterWith, everyAuthDoor } from '../support/mcp-auth-doors.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { textOf } from '../support/mcp-peer.js';
import { GuardedModule } from './fixtures/guarded.js';

let server: AuthServer;
let keys: ApiKeys;
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule] });
  keys = server.app.get(ApiKeys, { strict: false });
});
afterAll(() => server.close());

const create = (changes: Partial<NewApiKey> = {}) => keys.create({ name: 'build server', roles: ['robot'], ...changes });
const carriers = [
  { header: 'Authorization: Bearer', headersOf: (text: string) => ({ authorization: `Bearer ${text}` }) },
  { header: 'x-api-key', headersOf: (text: string) => ({ 'x-api-key': text }) },
];
const ways = everyAuthDoor.flatMap((door) => carriers.map((carrier) => ({ ...carrier, door, name: door.name })));

describe.each(ways)('$name with $header', ({ door, headersOf }) => {
  it('comes in as the key, with the roles of the key', async () => {
    const { key, text } = await create();
    const peer = await enterWith(door, server.url, { headers: headersOf(text) });
    expect(JSON.parse(textOf(await peer.call('who_am_i')))).toEqual({ kind: 'key', subject: `key:${key.id}`, client: `key:${key.id}`, scopes: ['*'], roles: ['robot'] });
    expect((await peer.listTools()).map(({ name }) => name)).toEqual(['echo', 'greet', 'opening_hours', 'server_time', 'who_am_i', 'write_file']);
    expect(textOf(await peer.call('write_file'))).toBe('written');
  });

  it('sees what the scopes of the key allow: more of them are nothing a key could ask for', async () => {
    const { text } = await create({ scopes: ['mcp'] });
    const peer = await enterWith(door, server.url, { headers: headersOf(text) });
    expect((await peer.listTools()).map(({ name }) => name)).not.toContain('write_file');
  });

  it('is out with the next request once the key is revoked', async () => {
    const { key, text } = await create();
    const peer = await enterWith(door, server.url, { headers: headersOf(text) });
    expect(textOf(await peer.call('opening_hours'))).toBe('always');
    await keys.revoke(key.id);
    await expect(peer.call('opening_hours')).rejects.toThrow(/401|Unauthorized|Invalid authentication credentials/);
  });
});

describe('a key that is rotated', () => {
  it('goes on with its session under the new text, and under the old one during the overlap', async () => {
    const { key, text } = await create();
    let current = text;
    const peer = await enterWith(authDoors.httpV1, server.url, {
      fetch: (url, init) => {
        const headers = new Headers(init?.headers);
        headers.set('x-api-key', current);
        return fetch(url, { ...init, headers });
      },
    });
    const next = await keys.rotate(key.id, 60);
    expect(textOf(await peer.call('opening_hours'))).toBe('always');
    current = next?.text ?? '';
    expect(textOf(await peer.call('opening_hours'))).toBe('always');
  });
});
