import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as oidc from 'openid-client';
import { StorageUnavailable } from '../../src/protocol/storage-unavailable.js';
import { OidcModelStore } from '../../src/auth/oidc-models.port.js';
import { OAuthBrowser } from '../support/oauth-browser.js';
import { CALLBACK, OAuthClient, claimsOf } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
beforeAll(async () => {
  server = await OAuthServer.start({ settings: { extraScopes: ['files:write'] } });
});
afterAll(() => server.close());

const options = { execute: [oidc.allowInsecureRequests] };

async function registered(metadata: Partial<oidc.ClientMetadata> = {}): Promise<oidc.Configuration> {
  return oidc.dynamicClientRegistration(new URL(server.url), { redirect_uris: [CALLBACK], client_name: 'openid-client', ...metadata }, undefined, options);
}

async function away(config: oidc.Configuration, parameters: Record<string, string>, pushed = false): Promise<{ verifier: string; url: URL }> {
  const verifier = oidc.randomPKCECodeVerifier();
  const all = { redirect_uri: CALLBACK, scope: 'mcp', resource: `${server.url}/mcp`, code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...parameters };
  const target = pushed ? await oidc.buildAuthorizationUrlWithPAR(config, all) : oidc.buildAuthorizationUrl(config, all);
  const { away: url } = await new OAuthBrowser().follow(target.href);
  if (!url) throw new Error('the browser stayed');
  return { verifier, url };
}

describe('a certified client finds everything it insists on (openid-client 6)', () => {
  it.each(['oauth2', 'oidc'] as const)('discovers, registers, signs in with a state, and checks the issuer of the answer: %s', async (algorithm) => {
    const config = await oidc.dynamicClientRegistration(new URL(server.url), { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }, oidc.None(), { ...options, algorithm });
    const { url, verifier } = await away(config, { state: 's' });
    const tokens = await oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier, expectedState: 's' });
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: 'anna', aud: `${server.url}/mcp` });
    const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
    await oidc.tokenRevocation(config, fresh.refresh_token ?? '');
    await expect(oidc.refreshTokenGrant(config, fresh.refresh_token ?? '')).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('pushes its request and proves possession of a key all the way (PAR, DPoP)', async () => {
    const config = await registered({ token_endpoint_auth_method: 'client_secret_post' });
    const key = await oidc.randomDPoPKeyPair('ES256');
    const { url, verifier } = await away(config, { dpop_jkt: await oidc.getDPoPHandle(config, key).calculateThumbprint() }, true);
    await expect(oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier })).rejects.toMatchObject({ error: 'invalid_grant' });
    const second = await away(config, {}, true);
    const tokens = await oidc.authorizationCodeGrant(config, second.url, { pkceCodeVerifier: second.verifier }, undefined, { DPoP: oidc.getDPoPHandle(config, key) });
    expect(tokens.token_type).toBe('dpop');
    expect(claimsOf(tokens.access_token)['cnf']).toEqual({ jkt: expect.any(String) });
  });

  it('gets an ID token with its nonce, and an address to sign out at', async () => {
    const config = await registered();
    const { url, verifier } = await away(config, { scope: 'openid mcp', nonce: 'n' });
    const tokens = await oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier, expectedNonce: 'n', idTokenExpected: true });
    expect(tokens.claims()).toMatchObject({ sub: 'anna', nonce: 'n' });
    expect(oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? '' }).href).toContain(`${server.url}/oauth/logout`);
  });

  it('is refused with another verifier, another resource and another address, and with a code it has used (F2, F21)', async () => {
    const config = await registered();
    const code = async (): ReturnType<typeof away> => away(config, {});
    const refused = (error: string) => expect.objectContaining({ error });
    const grant = async ({ url, verifier }: Awaited<ReturnType<typeof away>>, changes: Record<string, string> = {}) =>
      oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier }, changes).then(() => 'granted', (error: unknown) => error);
    expect(await grant({ ...await code(), verifier: oidc.randomPKCECodeVerifier() })).toEqual(refused('invalid_grant'));
    expect(await grant(await code(), { resource: 'https://other.example/mcp' })).toEqual(refused('invalid_target'));
    const { url, verifier } = await code();
    const elsewhere = new URL(`http://127.0.0.1/elsewhere${url.search}`);
    expect(await grant({ url: elsewhere, verifier })).toEqual(refused('invalid_grant'));
    const used = await code();
    expect([await grant(used), await grant(used)]).toEqual(['granted', refused('invalid_grant')]);
  });

  it('is told plainly that a person said no', async () => {
    const config = await registered();
    server.person = { accountId: 'anna', denies: true };
    const { url, verifier } = await away(config, {});
    server.person = { accountId: 'anna' };
    await expect(oidc.authorizationCodeGrant(config, url, { pkceCodeVerifier: verifier })).rejects.toMatchObject({ error: 'access_denied' });
  });
});

it('asks a client to come back while the store is away, and signs nobody out (P11)', async () => {
  const client = await OAuthClient.registered(server.url);
  const tokens = await client.signIn();
  const store: OidcModelStore = server.app.get(OidcModelStore, { strict: false });
  const { find } = store;
  store.find = () => Promise.reject(new StorageUnavailable('away'));
  const answer = await fetch(`${server.url}/oauth/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '', client_id: client.clientId }) });
  expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toEqual([503, '5', expect.objectContaining({ error: 'temporarily_unavailable' })]);
  const page = await client.browser.open(client.authorizationUrl());
  expect([page.status, page.headers.get('retry-after')]).toEqual([503, '5']);
  store.find = find;
  expect(await client.refresh(tokens.refresh_token)).toMatchObject({ status: 200 });
});
