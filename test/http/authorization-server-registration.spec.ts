import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientRegistry } from '../../src/auth/authorization-server/client-registry.js';
import { OAuthClient, register } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
beforeAll(async () => {
  server = await OAuthServer.start();
});
afterAll(() => server.close());

describe('real clients can register themselves (checklist 25, contract line 5)', () => {
  it('takes the three kinds of redirect addresses Cursor sends at once and treats the client as native (pitfall 7)', async () => {
    const redirects = ['cursor://anysphere.cursor-mcp/oauth/callback', 'https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback'];
    expect(await register(server.url, { redirect_uris: redirects })).toMatchObject({ status: 201, application_type: 'native', redirect_uris: redirects });
  });

  it('drops a scope, whatever it names (pitfall 6)', async () => {
    const client = await register(server.url, { scope: 'unknown:scope claudeai' });
    expect(client.status).toBe(201);
    expect(client.scope).toBeUndefined();
  });

  it('forgives members that are written out empty (pitfall 8)', async () => {
    const empty = { client_uri: '', logo_uri: '', tos_uri: null, policy_uri: '', contacts: [], software_id: 'x', made_up: { deep: [1] } };
    expect(await register(server.url, empty)).toMatchObject({ status: 201 });
  });

  it('gives a confidential client its secret once, to be used either way (Claude, Codex)', async () => {
    const client = await register(server.url, { token_endpoint_auth_method: 'client_secret_post', redirect_uris: ['https://claude.ai/api/mcp/auth_callback'] });
    expect(client).toMatchObject({ status: 201, client_secret: expect.any(String), application_type: 'web' });
  });

  it('does not require a grant list, and gives a refresh token where there is none', async () => {
    const client = await OAuthClient.registered(server.url, { grant_types: undefined });
    expect((await client.signIn()).refresh_token).toEqual(expect.any(String));
  });

  it('shows nothing of its own book-keeping', async () => {
    const client = await register(server.url, { gatehouse_scopes: ['admin'], gatehouse_introspects: true });
    expect(Object.keys(client).filter((name) => name.startsWith('gatehouse'))).toEqual([]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['plain http to another machine (pitfall 11)', { redirect_uris: ['http://app.example/cb'] }],
    ['a script', { redirect_uris: ['javascript:alert(1)'] }],
    ['inline data', { redirect_uris: ['data:text/html,x'] }],
    ['a host that only begins like loopback', { redirect_uris: ['http://localhost.evil/cb'] }],
    ['a user in the address', { redirect_uris: ['https://good.example@evil.example/cb'] }],
    ['a backslash', { redirect_uris: ['https:\\\\evil.example/cb'] }],
    ['a wildcard', { redirect_uris: ['https://*.example/cb'] }],
    ['a fragment', { redirect_uris: ['https://app.example/cb#x'] }],
    ['no redirect address', { redirect_uris: [] }],
    ['one bad address among good ones', { redirect_uris: ['https://app.example/cb', 'http://evil.example/cb'] }],
    ['implicit answers alone (row F17)', { response_types: ['token'], grant_types: ['implicit'] }],
    ['a method of authentication that is not offered', { token_endpoint_auth_method: 'client_secret_jwt' }],
    ['a script behind the home page (row F16)', { client_uri: 'javascript:alert(1)' }],
  ])('refuses %s with a sentence', async (_name, metadata) => {
    const answer = await register(server.url, metadata);
    expect(answer.status).toBe(400);
    expect(['invalid_client_metadata', 'invalid_redirect_uri']).toContain(answer.error);
  });

  it('refuses a megabyte of metadata (row F16)', async () => {
    expect((await register(server.url, { client_name: 'x'.repeat(1024 ** 2) })).status).toBe(400);
  });
});

describe('registration costs strangers something (row F16)', () => {
  it('is limited for each address, and says when to come back', async () => {
    const strict = await OAuthServer.start({ settings: { registrationsPerMinute: 3 } });
    const answers = await Promise.all(Array.from({ length: 6 }, () => fetch(`${strict.url}/oauth/register`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"redirect_uris":["http://127.0.0.1/"]}' })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 429, 429, 429]);
    expect(Number(answers.find(({ status }) => status === 429)?.headers.get('retry-after'))).toBeGreaterThan(0);
    await strict.close();
  });

  it('can be switched off, in fact and in the metadata', async () => {
    const closed = await OAuthServer.start({ settings: { clientRegistration: false } });
    expect(await (await fetch(`${closed.url}/.well-known/oauth-authorization-server`)).json()).not.toHaveProperty('registration_endpoint');
    expect((await fetch(`${closed.url}/oauth/register`, { method: 'POST', body: '{}' })).status).toBe(405);
    await closed.close();
  });

  it('forgets a client that was never used, and keeps one that was', async () => {
    const other = await OAuthServer.start({ settings: { unusedClientSeconds: 60 } });
    const [idle, used] = [await OAuthClient.registered(other.url), await OAuthClient.registered(other.url)];
    const { refresh_token: token } = await used.signIn();
    other.clock.ahead = 120_000;
    expect(await idle.redeem('x')).toMatchObject({ status: 401, error: 'invalid_client' });
    expect(await used.refresh(token)).toMatchObject({ status: 200 });
    await other.close();
  });
});

describe('clients of the operator', () => {
  const registry = (): ClientRegistry => server.app.get(ClientRegistry, { strict: false });

  it('are listed in pages, without secrets and without clients that registered themselves', async () => {
    await register(server.url);
    const made = await Promise.all(['one', 'two', 'three'].map((name) => registry().create({ name, grants: ['client_credentials'], authentication: 'client_secret_basic', scopes: ['mcp'] })));
    const first = await registry().list(undefined, 2);
    const rest = await registry().list(first.at(-1)?.clientId, 10);
    expect([...first, ...rest].map(({ clientId }) => clientId)).toEqual(made.map(({ client }) => client.clientId).toSorted());
    for (const { secret = '' } of made) expect(JSON.stringify([...first, ...rest])).not.toContain(secret);
  });

  it.each([
    ['a machine that cannot prove itself', { name: 'x', grants: ['client_credentials'], authentication: 'none', scopes: [] }],
    ['keys that are not there', { name: 'x', grants: ['client_credentials'], authentication: 'private_key_jwt', scopes: [] }],
    ['a code with nowhere to go', { name: 'x', grants: ['authorization_code'], authentication: 'none', scopes: [] }],
    ['a redirect address over plain http', { name: 'x', grants: ['authorization_code'], authentication: 'none', scopes: [], redirectUris: ['http://evil.example/'] }],
  ] as const)('are not made with %s', async (_name, wish) => {
    await expect(registry().create({ ...wish })).rejects.toThrow(RangeError);
  });
});
