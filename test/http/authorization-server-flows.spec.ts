import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GrantRevoker } from '../../src/auth/authorization-server/grant-revoker.js';
import { Grants } from '../../src/auth/authorization-server/grants.js';
import { Revocations } from '../../src/auth/revocations.port.js';
import { StepUpHints } from '../../src/auth/step-up-hints.port.js';
import { CALLBACK, OAuthClient, basic, claimsOf, headerOf, postForm, register } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
beforeAll(async () => {
  server = await OAuthServer.start({ settings: { extraScopes: ['files:write', 'admin'] } });
});
afterAll(() => server.close());
beforeEach(() => {
  server.person = { accountId: 'anna' };
  server.prompts.length = 0;
});

const service = <T>(token: abstract new (...args: never[]) => T): T => server.app.get<T>(token, { strict: false });

describe('a person signs in and a client gets tokens (checklist 19, 22, 23, 24)', () => {
  it('gives an access token for this server alone, as RFC 9068 says', async () => {
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn();
    expect(headerOf(tokens.access_token)).toMatchObject({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(claimsOf(tokens.access_token)).toMatchObject({
      iss: server.url, aud: `${server.url}/mcp`, sub: 'anna', client_id: client.clientId, scope: 'mcp', epoch: 1, gid: expect.any(String),
    });
    const { exp, iat } = claimsOf(tokens.access_token);
    expect(Number(exp) - Number(iat)).toBe(300);
    expect(tokens.id_token).toBeUndefined();
    expect(tokens.refresh_token).toEqual(expect.any(String));
  });

  it('names the issuer in the answer, whether it is good or bad (row F5)', async () => {
    const client = await OAuthClient.registered(server.url);
    expect((await client.authorize()).searchParams.get('iss')).toBe(server.url);
    server.person = { accountId: 'anna', denies: true };
    const denied = await client.authorize({ prompt: 'consent' });
    expect([denied.searchParams.get('iss'), denied.searchParams.get('error'), denied.searchParams.get('state')]).toEqual([server.url, 'access_denied', 'xyz']);
  });

  it('redirects with 303 alone, also to a scheme of the client\'s own (row F12, contract line 7)', async () => {
    const { client_id: id = '' } = await register(server.url, { redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback'] });
    const client = new OAuthClient(server.url, id, 'cursor://anysphere.cursor-mcp/oauth/callback');
    const away = await client.authorize();
    expect(away.href).toMatch(/^cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback\?/);
    expect(new Set(client.browser.statuses)).toEqual(new Set([303]));
    expect(await client.redeem(away.searchParams.get('code') ?? '')).toMatchObject({ status: 200 });
  });

  it('works for a client that names neither resource nor scope (pitfall 4)', async () => {
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn({ resource: undefined, scope: undefined });
    expect(claimsOf(tokens.access_token)).toMatchObject({ aud: `${server.url}/mcp`, scope: 'mcp' });
    expect(claimsOf((await client.refresh(tokens.refresh_token)).access_token)).toMatchObject({ aud: `${server.url}/mcp`, scope: 'mcp' });
  });

  it.each(['/mcp/', '', '/', '/sse'])('takes the address "%s" for itself, and the token is still for /mcp (checklist 15)', async (path) => {
    const client = await OAuthClient.registered(server.url);
    expect(claimsOf((await client.signIn({ resource: server.url + path })).access_token)['aud']).toBe(`${server.url}/mcp`);
  });

  it('recognises offline_access', async () => {
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn({ scope: 'mcp offline_access', prompt: 'consent' });
    expect(tokens).toMatchObject({ status: 200, refresh_token: expect.any(String) });
    expect(claimsOf((await client.signIn({ scope: 'offline_access' })).access_token)['scope']).toBe('mcp');
  });

  it('tells who a person is where only that is asked, and gives an ID token only then', async () => {
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn({ scope: 'openid profile', resource: undefined });
    expect(claimsOf(tokens.id_token)).toMatchObject({ sub: 'anna', aud: client.clientId, iss: server.url });
    const about = await fetch(`${server.url}/oauth/userinfo`, { headers: { Authorization: `Bearer ${tokens.access_token}` } });
    expect(await about.json()).toEqual({ sub: 'anna', name: 'anna' });
    expect((await client.signIn({ scope: 'openid mcp' })).id_token).toEqual(expect.any(String));
  });

  it('lets a web client go on without a second consent, and a native one never (pitfall 7)', async () => {
    const web = await OAuthClient.registered(server.url, { redirect_uris: ['https://app.example/cb'] });
    const client = new OAuthClient(server.url, web.clientId, 'https://app.example/cb');
    await client.signIn();
    await client.signIn();
    expect(server.prompts).toEqual(['login', 'consent']);
    const native = await OAuthClient.registered(server.url);
    native.browser = client.browser;
    await native.signIn();
    await native.signIn();
    expect(server.prompts).toEqual(['login', 'consent', 'consent', 'consent']);
  });
});

describe('resources and scopes are agreed, not assumed (row F21, checklist 23)', () => {
  it.each(['https://other.example/mcp', 'mcp', 'https://127.0.0.1/mcp', 'urn:x'])('refuses the resource %s', async (resource) => {
    const client = await OAuthClient.registered(server.url);
    expect((await client.authorize({ resource })).searchParams.get('error')).toBe('invalid_target');
  });

  it('refuses two resources', async () => {
    const client = await OAuthClient.registered(server.url);
    const { away } = await client.browser.follow(`${client.authorizationUrl()}&resource=${encodeURIComponent(`${server.url}/sse`)}`);
    expect(away?.searchParams.get('error')).toBe('invalid_target');
  });

  it('refuses another resource at the token endpoint than at the authorization endpoint', async () => {
    const client = await OAuthClient.registered(server.url);
    const code = (await client.authorize()).searchParams.get('code') ?? '';
    expect(await client.redeem(code, { resource: `${server.url}/sse` })).toMatchObject({ status: 400, error: 'invalid_target' });
  });

  it('refuses a request none of whose scopes is known', async () => {
    const client = await OAuthClient.registered(server.url);
    expect((await client.authorize({ scope: 'read write' })).searchParams.get('error')).toBe('invalid_scope');
  });

  it('leaves out what the person did not agree to, without asking for ever (pitfall 12)', async () => {
    const client = await OAuthClient.registered(server.url);
    server.person = { accountId: 'anna', approves: ['mcp'] };
    const tokens = await client.signIn({ scope: 'mcp admin' });
    expect([tokens.scope, claimsOf(tokens.access_token)['scope']]).toEqual(['mcp', 'mcp']);
    expect(server.prompts).toEqual(['login', 'consent']);
  });

  it('asks again for what was not agreed to, once it is asked for again', async () => {
    const web = await OAuthClient.registered(server.url, { redirect_uris: ['https://app.example/cb'] });
    const client = new OAuthClient(server.url, web.clientId, 'https://app.example/cb');
    server.person = { accountId: 'anna', approves: ['mcp'] };
    await client.signIn({ scope: 'mcp admin' });
    server.person = { accountId: 'anna' };
    expect((await client.signIn({ scope: 'mcp admin' })).scope).toBe('mcp admin');
  });

  it('keeps what was granted when more is asked for', async () => {
    const client = await OAuthClient.registered(server.url);
    await client.signIn();
    server.person = { accountId: 'anna', approves: ['files:write'] };
    expect((await client.signIn({ scope: 'mcp files:write' })).scope).toBe('mcp files:write');
  });
});

describe('what was given can be taken back', () => {
  it('ends a family with its refresh token (row F20)', async () => {
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn();
    expect(await postForm(`${server.url}/oauth/revoke`, { token: tokens.refresh_token ?? '', client_id: client.clientId })).toMatchObject({ status: 200 });
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    const revocations: Revocations = server.app.get(Revocations, { strict: false });
    expect(await revocations.isGrantRevoked(String(claimsOf(tokens.access_token)['gid']))).toBe(true);
  });

  it('ends a family with its access token (row F20)', async () => {
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn();
    expect(await postForm(`${server.url}/oauth/revoke`, { token: tokens.access_token ?? '', client_id: client.clientId })).toMatchObject({ status: 200 });
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('answers for somebody else\'s tokens as for unknown ones, and does nothing (row F20)', async () => {
    const [client, stranger] = [await OAuthClient.registered(server.url), await OAuthClient.registered(server.url)];
    const tokens = await client.signIn();
    for (const token of [tokens.refresh_token, tokens.access_token, 'made-up', 'a.b.c']) {
      expect(await postForm(`${server.url}/oauth/revoke`, { token: token ?? '', client_id: stranger.clientId })).toEqual({ status: 200 });
      expect(await postForm(`${server.url}/oauth/introspect`, { token: token ?? '', client_id: stranger.clientId })).toEqual({ status: 200, active: false });
    }
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ status: 200 });
  });

  it('tells a client about its own tokens, until they are revoked', async () => {
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn();
    const ask = (): Promise<unknown> => postForm(`${server.url}/oauth/introspect`, { token: tokens.access_token ?? '', client_id: client.clientId });
    expect(await ask()).toMatchObject({ active: true, sub: 'anna', scope: 'mcp', aud: `${server.url}/mcp` });
    await service(GrantRevoker).revoke(String(claimsOf(tokens.access_token)['gid']));
    expect(await ask()).toEqual({ status: 200, active: false });
  });

  it('shows a person what they granted and lets nobody else take it back', async () => {
    const client = await OAuthClient.registered(server.url);
    server.people.put('carla');
    server.person = { accountId: 'carla', approves: ['mcp'] };
    const tokens = await client.signIn({ scope: 'mcp admin' });
    const grants = service(Grants);
    const [mine] = await grants.of('carla');
    expect(mine).toMatchObject({ clientId: client.clientId, scopes: ['mcp'] });
    expect(await grants.revoke('bert', mine?.grantId ?? '')).toBe(false);
    expect(await grants.revoke('carla', mine?.grantId ?? '')).toBe(true);
    expect(await grants.of('carla')).toEqual([]);
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('gives a disabled person nothing more (row F4)', async () => {
    server.people.put('dora');
    server.person = { accountId: 'dora' };
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn();
    const code = (await client.authorize()).searchParams.get('code') ?? '';
    server.people.put('dora', { disabled: true });
    expect(await client.redeem(code)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    server.person = { accountId: 'anna' };
    server.prompts.length = 0;
    await client.browser.follow(client.authorizationUrl());
    expect(server.prompts[0]).toBe('login');
  });

  it('signs a browser out, and no application with it', async () => {
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn();
    const { page } = await client.browser.follow(`${server.url}/oauth/logout`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? '';
    const done = await client.browser.follow(`${server.url}/oauth/logout/confirm`, { method: 'POST', body: new URLSearchParams({ xsrf, logout: 'yes' }) });
    expect(done.page).toContain('signed out');
    const fresh = await client.refresh(tokens.refresh_token);
    expect(fresh.status).toBe(200);
    expect((await client.refresh(fresh.refresh_token)).status).toBe(200);
    server.prompts.length = 0;
    await client.signIn();
    expect(server.prompts[0]).toBe('login');
  });
});

describe('a client of the first SDK generation can step up (pitfall 5)', () => {
  it('fails one refresh after a challenge, then goes on as before', async () => {
    const client = await OAuthClient.registered(server.url);
    const tokens = await client.signIn();
    const hints: StepUpHints = server.app.get(StepUpHints, { strict: false });
    hints.remember('anna', client.clientId, ['mcp', 'files:write']);
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ status: 200 });
    hints.remember('anna', client.clientId, ['mcp']);
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ status: 200 });
  });
});

describe('clients prove themselves as they registered (row F19)', () => {
  it('is refused with 401 for a wrong secret, a missing one and another method, and 400 for two at once', async () => {
    const { client_id: id = '', client_secret: secret = '' } = await register(server.url, { token_endpoint_auth_method: 'client_secret_basic' });
    const url = `${server.url}/oauth/token`;
    const form = { grant_type: 'refresh_token', refresh_token: 'x' };
    expect(await postForm(url, form, { Authorization: basic(id, 'wrong') })).toMatchObject({ status: 401, error: 'invalid_client' });
    expect(await postForm(url, { ...form, client_id: id })).toMatchObject({ status: 401, error: 'invalid_client' });
    expect(await postForm(url, { ...form, client_id: 'dcr_unknown' })).toMatchObject({ status: 401, error: 'invalid_client' });
    expect(await postForm(url, { ...form, client_id: id, client_secret: secret }, { Authorization: basic(id, secret) })).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await postForm(url, form, { Authorization: basic(id, secret) })).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('is slowed when it guesses', async () => {
    const { client_id: id = '' } = await register(server.url, { token_endpoint_auth_method: 'client_secret_basic' });
    const guess = (): Promise<unknown> => postForm(`${server.url}/oauth/token`, { grant_type: 'refresh_token', refresh_token: 'x' }, { Authorization: basic(id, 'wrong') });
    const before = performance.now();
    for (let count = 0; count < 12; count++) await guess();
    expect(performance.now() - before).toBeGreaterThan(700);
  });

  it.each(['password', 'implicit', 'urn:made:up', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:openid:params:grant-type:ciba'])('is not offered the grant %s (row F17)', async (grant) => {
    const client = await OAuthClient.registered(server.url);
    expect(await postForm(`${server.url}/oauth/token`, { grant_type: grant, client_id: client.clientId, username: 'anna', password: 'x' })).toMatchObject({ status: 400, error: 'unsupported_grant_type' });
  });

  it.each(['token', 'id_token', 'code id_token', 'none'])('is not answered with %s at the authorization endpoint (row F17)', async (type) => {
    const client = await OAuthClient.registered(server.url);
    expect((await client.authorize({ response_type: type, nonce: 'n', scope: 'openid mcp' })).href).toMatch(/error=unsupported_response_type/);
  });
});

it('lets a client be given in a pushed request (RFC 9126)', async () => {
  const client = await OAuthClient.registered(server.url);
  const asked = new URL(client.authorizationUrl()).searchParams;
  const pushed = await postForm(`${server.url}/oauth/par`, asked);
  expect(pushed).toMatchObject({ status: 201, request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:/) });
  const { away } = await client.browser.follow(`${server.url}/oauth/authorize?client_id=${client.clientId}&request_uri=${encodeURIComponent(String(pushed['request_uri']))}`);
  expect(away?.href.startsWith(CALLBACK)).toBe(true);
  expect(await client.redeem(away?.searchParams.get('code') ?? '')).toMatchObject({ status: 200, scope: 'mcp' });
});
