import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportJWK, SignJWT } from 'jose';
import * as oidc from 'openid-client';
import { ClientRegistry } from '../../src/auth/authorization-server/client-registry.js';
import { Revocations } from '../../src/auth/revocations.port.js';
import { isObject } from '../../src/protocol/json.js';
import { basic, claimsOf, postForm } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
beforeAll(async () => {
  server = await OAuthServer.start({ settings: { extraScopes: ['files:write', 'admin'] } });
});
afterAll(() => server.close());

const registry = (): ClientRegistry => server.app.get(ClientRegistry, { strict: false });
const machine = (changes = {}) => registry().create({ name: 'Nightly job', grants: ['client_credentials'], authentication: 'client_secret_basic', scopes: ['mcp', 'files:write'], roles: ['robot'], ...changes });
const discover = (id: string, authentication: oidc.ClientAuth): Promise<oidc.Configuration> => oidc.discovery(new URL(server.url), id, undefined, authentication, { execute: [oidc.allowInsecureRequests], algorithm: 'oauth2' });
const revoked = (token: string | undefined): Promise<boolean> => server.app.get<Revocations>(Revocations, { strict: false }).isGrantRevoked(String(claimsOf(token)['gid']));

describe('a machine of the operator gets tokens for itself (checklist 34)', () => {
  it('proves itself with its secret and gets no more than it was made for', async () => {
    const { client, secret = '' } = await machine();
    const config = await discover(client.clientId, oidc.ClientSecretBasic(secret));
    const tokens = await oidc.clientCredentialsGrant(config, { scope: 'mcp admin' });
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: client.clientId, client_id: client.clientId, scope: 'mcp', aud: `${server.url}/mcp`, gid: expect.any(String) });
    expect(claimsOf(tokens.access_token)).not.toHaveProperty('epoch');
    const everything = await oidc.clientCredentialsGrant(config, { resource: `${server.url}/mcp` });
    expect(everything).toMatchObject({ scope: 'mcp files:write' });
    expect(everything.refresh_token).toBeUndefined();
  });

  it('proves itself with its key, and the same assertion not twice (P7)', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk: unknown = { ...await exportJWK(publicKey), kid: 'k', alg: 'ES256' };
    const { client } = await machine({ authentication: 'private_key_jwt', keys: isObject(jwk) ? [jwk] : [] });
    const key = await crypto.subtle.importKey('jwk', { ...privateKey.export({ format: 'jwk' }) }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
    const config = await discover(client.clientId, oidc.PrivateKeyJwt({ key, kid: 'k' }));
    expect(claimsOf((await oidc.clientCredentialsGrant(config)).access_token)['sub']).toBe(client.clientId);
    const assertion = await new SignJWT({ jti: 'one' }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).setIssuer(client.clientId).setSubject(client.clientId)
      .setAudience(server.url).setIssuedAt().setExpirationTime('1m').sign(privateKey);
    const form = { grant_type: 'client_credentials', client_assertion: assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' };
    const answers = await Promise.all(Array.from({ length: 5 }, () => postForm(`${server.url}/oauth/token`, form)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('gets a token bound to its key when it shows one (DPoP)', async () => {
    const { client, secret = '' } = await machine();
    const config = await discover(client.clientId, oidc.ClientSecretBasic(secret));
    const proof = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    const tokens = await oidc.clientCredentialsGrant(config, undefined, { DPoP: proof });
    expect(tokens.token_type).toBe('dpop');
    expect(claimsOf(tokens.access_token)['cnf']).toEqual({ jkt: expect.any(String) });
  });

  it('works with its new secret alone after a rotation, and its old tokens are refused', async () => {
    const { client, secret = '' } = await machine();
    const ask = (shown: string) => postForm(`${server.url}/oauth/token`, { grant_type: 'client_credentials' }, { Authorization: basic(client.clientId, shown) });
    const before = await ask(secret);
    const fresh = await registry().rotateSecret(client.clientId) ?? '';
    expect([(await ask(secret)).status, await revoked(before.access_token)]).toEqual([401, true]);
    const after = await ask(fresh);
    expect([after.status, await revoked(after.access_token)]).toEqual([200, false]);
  });

  it('gives back one token without losing the next', async () => {
    const { client, secret = '' } = await machine();
    const headers = { Authorization: basic(client.clientId, secret) };
    const ask = () => postForm(`${server.url}/oauth/token`, { grant_type: 'client_credentials' }, headers);
    const first = await ask();
    await postForm(`${server.url}/oauth/revoke`, { token: first.access_token ?? '' }, headers);
    expect([await revoked(first.access_token), await revoked((await ask()).access_token)]).toEqual([true, false]);
  });

  it('is nobody once the operator takes it away', async () => {
    const { client, secret = '' } = await machine();
    const headers = { Authorization: basic(client.clientId, secret) };
    const tokens = await postForm(`${server.url}/oauth/token`, { grant_type: 'client_credentials' }, headers);
    expect([await registry().revoke(client.clientId), await registry().revoke(client.clientId)]).toEqual([true, false]);
    expect(await revoked(tokens.access_token)).toBe(true);
    expect(await postForm(`${server.url}/oauth/token`, { grant_type: 'client_credentials' }, headers)).toMatchObject({ status: 401, error: 'invalid_client' });
  });

  it('may ask about tokens of others only where the operator said so (pitfall 22)', async () => {
    const { client, secret = '' } = await machine();
    const { access_token: token = '' } = await postForm(`${server.url}/oauth/token`, { grant_type: 'client_credentials' }, { Authorization: basic(client.clientId, secret) });
    const [plain, asking] = [await machine(), await machine({ introspects: true })];
    const ask = ({ client: { clientId }, secret: shown = '' }: typeof plain) => postForm(`${server.url}/oauth/introspect`, { token }, { Authorization: basic(clientId, shown) });
    expect([(await ask(plain))['active'], (await ask(asking))['active']]).toEqual([false, true]);
  });

  it('has no secret that a stranger could ask for', async () => {
    const { client } = await machine();
    const found = await registry().find(client.clientId);
    expect(found).toMatchObject({ name: 'Nightly job', roles: ['robot'], tenant: 'default' });
    expect((await fetch(`${server.url}/oauth/register/${client.clientId}`)).status).toBe(404);
  });
});
