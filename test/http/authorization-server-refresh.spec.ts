import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Revocations } from '../../src/auth/revocations.port.js';
import { OAuthClient, claimsOf } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
beforeAll(async () => {
  server = await OAuthServer.start();
});
afterAll(() => server.close());
beforeEach(() => {
  server.clock.ahead = 0;
});

describe('refresh tokens rotate without signing honest clients out (pitfall 3, checklist 31)', () => {
  it('answers six refreshes at once, and every token that came of them works on', async () => {
    const client = await OAuthClient.registered(server.url);
    const { refresh_token: token } = await client.signIn();
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.refresh(token)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(new Set(answers.map(({ refresh_token: fresh }) => fresh)).size).toBe(6);
    const next = await Promise.all(answers.map(({ refresh_token: fresh }) => client.refresh(fresh)));
    expect(next.every(({ status }) => status === 200)).toBe(true);
  });

  it('still answers a client that lost the answer, within the grace window', async () => {
    const client = await OAuthClient.registered(server.url);
    const { refresh_token: token } = await client.signIn();
    await client.refresh(token);
    server.clock.ahead = 59_000;
    expect(await client.refresh(token)).toMatchObject({ status: 200 });
  });

  it('ends the whole family when a token is used after it, and access tokens with it', async () => {
    const client = await OAuthClient.registered(server.url);
    const { refresh_token: token } = await client.signIn();
    const fresh = await client.refresh(token);
    server.clock.ahead = 61_000;
    expect(await client.refresh(token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await client.refresh(fresh.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    const revocations: Revocations = server.app.get(Revocations, { strict: false });
    expect(await revocations.isGrantRevoked(String(claimsOf(fresh.access_token)['gid']))).toBe(true);
  });

  it('counts the window from the first use, not from the last', async () => {
    const client = await OAuthClient.registered(server.url);
    const { refresh_token: token } = await client.signIn();
    for (const ahead of [0, 25_000, 50_000]) {
      server.clock.ahead = ahead;
      expect(await client.refresh(token)).toMatchObject({ status: 200 });
    }
    server.clock.ahead = 62_000;
    expect(await client.refresh(token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('has no window where none is set', async () => {
    const strict = await OAuthServer.start({ settings: { refreshGraceSeconds: 0 } });
    const client = await OAuthClient.registered(strict.url);
    const { refresh_token: token } = await client.signIn();
    expect(await client.refresh(token)).toMatchObject({ status: 200 });
    expect(await client.refresh(token)).toMatchObject({ error: 'invalid_grant' });
    await strict.close();
  });

  it('is bound to the client it was given to', async () => {
    const [client, stranger] = [await OAuthClient.registered(server.url), await OAuthClient.registered(server.url)];
    const { refresh_token: token } = await client.signIn();
    expect(await stranger.refresh(token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await client.refresh(token)).toMatchObject({ status: 200 });
  });

  it('cannot widen its scopes', async () => {
    const wide = await OAuthServer.start({ settings: { extraScopes: ['admin'] } });
    const client = await OAuthClient.registered(wide.url);
    const { refresh_token: token } = await client.signIn();
    expect(await client.refresh(token, { scope: 'mcp admin' })).toMatchObject({ status: 400, error: 'invalid_scope' });
    await wide.close();
  });

  it('carries the rights a person has now', async () => {
    server.people.put('emil');
    server.person = { accountId: 'emil' };
    const client = await OAuthClient.registered(server.url);
    const { refresh_token: token } = await client.signIn();
    server.people.put('emil', { epoch: 2 });
    expect(claimsOf((await client.refresh(token)).access_token)['epoch']).toBe(2);
    server.person = { accountId: 'anna' };
  });
});
