/** Official clients sign a person in by themselves: registration, consent, tokens, refresh (contract lines 1–3, 5, 7–9). */
import type { FetchLike } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { authDoors, enterWith, everyAuthDoor, signInThrough } from '../support/mcp-auth-doors.js';
import { KeptCredentials } from '../support/mcp-auth-provider.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { within } from '../support/mcp-deadline.js';
import { textOf } from '../support/mcp-peer.js';
import { claimsOf } from '../support/oauth-client.js';
import { GuardedModule } from './fixtures/guarded.js';

let server: AuthServer;
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule] });
});
afterAll(() => server.close());

let people = 0;
/** For the clients, the server and its library alike. */
function minutesPass(minutes: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + minutes * 60_000 });
  onTestFinished(() => void vi.useRealTimers());
}

/** Holds refusals back until so many have come: nobody refreshes before everybody was refused. */
function refusedTogether(count: number): { fetch: FetchLike; from(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = Number.POSITIVE_INFINITY;
  return {
    from: () => {
      left = count;
    },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (response.status !== 401 || init?.method !== 'POST' || left === Number.POSITIVE_INFINITY) return response;
      if (--left === 0) resolve();
      await within(promise, `${left} more refusals`);
      return response;
    },
  };
}

const somebody = () => server.person(`person-${++people}`);

describe.each(everyAuthDoor.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  it('finds out where to sign in, registers, asks the person once and comes in (contract lines 1–3, 5, 7, 8)', async () => {
    const person = await somebody();
    const credentials = new KeptCredentials(person);
    const { peer } = await signInThrough(door, server.url, credentials);
    expect(person.seen).toEqual(['Sign in', 'Allow access?']);
    expect(JSON.parse(textOf(await peer.call('who_am_i')))).toEqual({
      kind: 'user', subject: person.account.id, client: credentials.client?.client_id, scopes: ['mcp'], roles: ['analyst'],
    });
    expect(claimsOf(credentials.accessToken)).toMatchObject({ iss: server.url, aud: `${server.url}/mcp`, sub: person.account.id });
    expect(credentials.asked.map((url) => url.searchParams.get('scope'))).toEqual([expect.stringMatching(/^mcp( offline_access)?$/)]);
  });

  it.each(['client_secret_post', 'client_secret_basic'] as const)('comes in as a confidential client that uses %s', async (authentication) => {
    const credentials = new KeptCredentials(await somebody(), { authentication });
    const { peer } = await signInThrough(door, server.url, credentials);
    expect(credentials.client).toMatchObject({ client_secret: expect.stringMatching(/.{32}/) });
    expect(textOf(await peer.call('opening_hours'))).toBe('always');
  });

  it('refreshes in silence: six calls at once with an expired token, and six answers (pitfall 3, contract line 9)', async () => {
    const person = await somebody();
    const credentials = new KeptCredentials(person);
    const refusals = refusedTogether(6);
    const { peer } = await signInThrough(door, server.url, credentials, { fetch: refusals.fetch });
    minutesPass(6);
    refusals.from();
    const answers = await Promise.all(Array.from({ length: 6 }, () => peer.call('opening_hours')));
    expect(answers.map(textOf)).toEqual(Array.from({ length: 6 }, () => 'always'));
    expect(credentials.given.length).toBeGreaterThanOrEqual(7);
    expect(credentials.asked).toHaveLength(1);
    expect(textOf(await peer.call('who_am_i'))).toContain(person.account.id);
  });

  it('goes on with its session under the refreshed token', async () => {
    const credentials = new KeptCredentials(await somebody());
    const { peer } = await signInThrough(door, server.url, credentials);
    const before = credentials.accessToken;
    minutesPass(6);
    expect(textOf(await peer.call('opening_hours'))).toBe('always');
    expect(credentials.accessToken).not.toBe(before);
    expect(credentials.asked).toHaveLength(1);
  });

  it('comes in again with what it kept, without a person', async () => {
    const credentials = new KeptCredentials(await somebody());
    await signInThrough(door, server.url, credentials);
    const peer = await enterWith(door, server.url, { provider: credentials });
    expect(textOf(await peer.call('opening_hours'))).toBe('always');
    expect(credentials.asked).toHaveLength(1);
  });
});

describe('a person who refuses', () => {
  it('sends the client away with access_denied and the issuer, and no code (RFC 9207, contract line 8)', async () => {
    const person = await somebody();
    const credentials = new KeptCredentials(person);
    await signInThrough(authDoors.httpLegacy, server.url, credentials);
    const [url] = credentials.asked;
    const other = await somebody();
    const back = await other.refuse(url ?? new URL(server.url));
    expect(Object.fromEntries(back.searchParams)).toMatchObject({ error: 'access_denied', iss: server.url, state: 'a state of its own' });
    expect(back.searchParams.has('code')).toBe(false);
  });
});
