/** A call that needs more scopes: challenge, consent to the union, and the call again (checklist 13, 14, pitfall 5, row E15). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authDoors, everyAuthDoor, signInThrough, type AuthDoor } from '../support/mcp-auth-doors.js';
import type { AuthPerson } from '../support/mcp-auth-person.js';
import { KeptCredentials } from '../support/mcp-auth-provider.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { textOf } from '../support/mcp-peer.js';
import { claimsOf } from '../support/oauth-client.js';
import { GuardedModule } from './fixtures/guarded.js';

let server: AuthServer;
let person: AuthPerson;
let credentials: KeptCredentials;
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule] });
});
afterAll(() => server.close());
beforeEach(async ({ task }) => {
  person = await server.person(`person-${task.id}`);
  credentials = new KeptCredentials(person);
});

const named = (doors: readonly AuthDoor[]) => doors.map((door) => ({ door, name: door.name }));
const scopesAsked = (): (string | undefined)[][] => credentials.asked.map((url) => (url.searchParams.get('scope') ?? '').split(' ').filter((scope) => scope !== 'offline_access').toSorted());

describe.each(named(everyAuthDoor.filter(({ stepsUp }) => stepsUp !== 'never')))('$name', ({ door }) => {
  it('asks for the union, the person agrees, and the call succeeds', async () => {
    const { peer, again } = await signInThrough(door, server.url, credentials);
    expect((await peer.listTools()).map(({ name }) => name)).toContain('write_file');
    expect(textOf(await again(() => peer.call('write_file')))).toBe('written');
    expect(scopesAsked()).toEqual([['mcp'], ['files:write', 'mcp']]);
    expect(person.seen).toEqual(['Sign in', 'Allow access?', 'Allow access?']);
    expect(claimsOf(credentials.accessToken)['scope']).toBe('mcp files:write');
  });

  it('keeps what was agreed to: no second question, neither for the next call nor for the next connection', async () => {
    const { peer, again } = await signInThrough(door, server.url, credentials);
    await again(() => peer.call('write_file'));
    expect(textOf(await peer.call('write_file'))).toBe('written');
    const next = await signInThrough(door, server.url, credentials);
    expect(textOf(await next.peer.call('write_file'))).toBe('written');
    expect(credentials.asked).toHaveLength(2);
  });

  it('goes on with its session after the step up', async () => {
    const { peer, again } = await signInThrough(door, server.url, credentials);
    await again(() => peer.call('write_file'));
    expect(JSON.parse(textOf(await peer.call('who_am_i')))).toMatchObject({ subject: person.account.id, scopes: ['mcp', 'files:write'] });
  });
});

describe('the hint for clients of the first generation (pitfall 5)', () => {
  it('spends one refresh, and no more: the refresh after the step up succeeds', async () => {
    const { peer, again } = await signInThrough(authDoors.httpV1, server.url, credentials);
    await again(() => peer.call('write_file'));
    credentials.kept = { ...credentials.kept ?? { access_token: '', token_type: 'Bearer' }, access_token: 'not.a.token' };
    expect(textOf(await peer.call('write_file'))).toBe('written');
    expect(credentials.asked).toHaveLength(2);
  });
});

describe('a role that could never hold the scope', () => {
  it('is answered like an unknown tool and sent nowhere (pitfall 12)', async () => {
    const stranger = new KeptCredentials(await server.person('developer-without-files', ['developer']));
    const { peer } = await signInThrough(authDoors.httpPinned, server.url, stranger);
    await expect(peer.call('write_file')).rejects.toMatchObject({ code: -32602, message: expect.stringContaining('Unknown tool: write_file') });
    expect(stranger.asked).toHaveLength(1);
  });
});
