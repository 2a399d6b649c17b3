import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SigningKeys } from '../../src/auth/credentials/signing-keys.js';
import { OAuthClient, headerOf, postForm, type Answer } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

const directory = mkdtempSync(join(tmpdir(), 'two-'));
let one: OAuthServer;
let other: OAuthServer;
beforeAll(async () => {
  const shared = { dataDirectory: directory, databaseUrl: `sqlite:${join(directory, 'shared.db')}` };
  one = await OAuthServer.start({ settings: shared });
  other = await OAuthServer.start({ settings: { ...shared, publicUrl: one.url } });
});
afterAll(async () => {
  await one.close();
  await other.close();
  rmSync(directory, { recursive: true });
});

/** The same client, speaking to the second server. */
const redeemThere = (client: OAuthClient, form: Record<string, string>): Promise<Answer> => postForm(`${other.url}/oauth/token`, { client_id: client.clientId, ...form });

describe('two servers over one store are one server (promise P7)', () => {
  it('knows clients, codes and keys of each other', async () => {
    const client = await OAuthClient.registered(one.url);
    const tokens = await client.signIn();
    const fresh = await redeemThere(client, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' });
    expect(fresh.status).toBe(200);
    expect(headerOf(fresh.access_token)['kid']).toBe(headerOf(tokens.access_token)['kid']);
  });

  it('gives tokens for a code once, wherever it is shown, and takes them back', async () => {
    for (let round = 0; round < 5; round++) {
      const client = await OAuthClient.registered(one.url);
      const code = (await client.authorize()).searchParams.get('code') ?? '';
      const there = new OAuthClient(other.url, client.clientId);
      const answers = await Promise.all([client.redeem(code), redeemThere(there, { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: client.verifier }), client.redeem(code)]);
      const [won, ...more] = answers.filter(({ status }) => status === 200);
      expect([won?.status, more]).toEqual([200, []]);
      expect(await redeemThere(client, { grant_type: 'refresh_token', refresh_token: won?.refresh_token ?? '' })).toMatchObject({ status: 400, error: 'invalid_grant' });
    }
  });

  it('answers refreshes at both at once, and remembers the first use at both', async () => {
    const client = await OAuthClient.registered(one.url);
    const { refresh_token: token = '' } = await client.signIn();
    const form = { grant_type: 'refresh_token', refresh_token: token };
    const answers = await Promise.all([client.refresh(token), redeemThere(client, form), client.refresh(token), redeemThere(client, form)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    other.clock.ahead = 61_000;
    expect(await redeemThere(client, form)).toMatchObject({ status: 400, error: 'invalid_grant' });
    other.clock.ahead = 0;
    expect(await client.refresh(answers[0]?.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('signs with a key the other made, once it has looked', async () => {
    const kid = await one.app.get(SigningKeys, { strict: false }).rotate(0);
    await other.app.get(SigningKeys, { strict: false }).reload();
    const client = await OAuthClient.registered(one.url);
    const { refresh_token: token = '' } = await client.signIn();
    expect(headerOf((await redeemThere(client, { grant_type: 'refresh_token', refresh_token: token })).access_token)['kid']).toBe(kid);
  });
});

describe('a browser session is new after signing in (row F9)', () => {
  it('has another cookie, and the old one is nobody\'s', async () => {
    const client = await OAuthClient.registered(one.url);
    await client.browser.open(`${one.url}/oauth/device`);
    const before = client.browser.cookies['gatehouse_session'];
    expect(before).toEqual(expect.any(String));
    const planted = { ...client.browser.cookies };
    await client.signIn();
    expect(client.browser.cookies['gatehouse_session']).not.toBe(before);
    one.prompts.length = 0;
    await fetch(client.authorizationUrl(), { redirect: 'manual', headers: { cookie: Object.entries(planted).map(([name, value]) => `${name}=${value}`).join('; ') } })
      .then((answer) => fetch(new URL(answer.headers.get('location') ?? '', one.url), { redirect: 'manual', headers: { cookie: answer.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ') } }));
    expect(one.prompts).toEqual(['login']);
  });

  it('takes no cookie that was not signed here', async () => {
    const client = await OAuthClient.registered(one.url);
    await client.signIn();
    const { gatehouse_session: session } = client.browser.cookies;
    const answer = await fetch(`${one.url}/oauth/logout`, { headers: { accept: 'text/html', cookie: `gatehouse_session=${session}; gatehouse_session.sig=forged` } });
    expect(await answer.text()).not.toContain('sign out?');
  });
});
