import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportJWK, SignJWT } from 'jose';
import { ClientRegistry } from '../../src/auth/authorization-server/client-registry.js';
import { ASSERTION_GRANT } from '../../src/auth/authorization-server/client-metadata.js';
import { basic, claimsOf, postForm, type Answer } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
let provider: Server;
let issuer: string;
let key: KeyObject;
let client: { id: string; secret: string };

beforeAll(async () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  key = pair.privateKey;
  const jwk = { ...await exportJWK(pair.publicKey), kid: 'idp', alg: 'ES256' };
  provider = createServer((request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys`, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t` }));
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  issuer = `http://127.0.0.1:${port}`;
  server = await OAuthServer.start({ settings: { idJagIssuers: [issuer], extraScopes: ['files:write', 'admin'] } });
  const made = await server.app.get(ClientRegistry, { strict: false }).create({ name: 'Assistant', grants: [ASSERTION_GRANT], authentication: 'client_secret_basic', scopes: ['mcp', 'files:write'] });
  client = { id: made.client.clientId, secret: made.secret ?? '' };
});
afterAll(async () => {
  await server.close();
  provider.closeAllConnections();
  provider.close();
});

let count = 0;
interface Assertion { claims?: Record<string, unknown>; typ?: string; alg?: string; signer?: KeyObject }
function sign({ claims = {}, typ = 'oauth-id-jag+jwt', signer = key }: Assertion = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: issuer, sub: 'anna', aud: server.url, client_id: client.id, resource: `${server.url}/mcp`, scope: 'mcp files:write admin', jti: `j${count++}`, iat: now, exp: now + 60, ...claims };
  return new SignJWT(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))).setProtectedHeader({ alg: 'ES256', kid: 'idp', typ }).sign(signer);
}
const exchange = (assertion: string, form: Record<string, string> = {}): Promise<Answer> =>
  postForm(`${server.url}/oauth/token`, { grant_type: ASSERTION_GRANT, assertion, ...form }, { Authorization: basic(client.id, client.secret) });

describe('the company\'s identity provider vouches for a person (checklist 35, pitfall 21)', () => {
  it('is taken at its word, within what the client may have', async () => {
    const tokens = await exchange(await sign());
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: 'anna', client_id: client.id, aud: `${server.url}/mcp`, scope: 'mcp files:write', epoch: 1, gid: expect.any(String) });
    expect(tokens).toMatchObject({ status: 200, token_type: 'Bearer', scope: 'mcp files:write' });
    expect(tokens.refresh_token).toBeUndefined();
    expect((await exchange(await sign(), { scope: 'mcp', resource: `${server.url}/mcp` })).scope).toBe('mcp');
  });

  it('is announced in the metadata', async () => {
    const document: unknown = await (await fetch(`${server.url}/.well-known/oauth-authorization-server`)).json();
    expect(document).toMatchObject({ grant_types_supported: expect.arrayContaining([ASSERTION_GRANT]), authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'] });
  });

  it('is believed once, however many ask at the same time (P7)', async () => {
    const assertion = await sign();
    const answers = await Promise.all(Array.from({ length: 8 }, () => exchange(assertion)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await exchange(assertion)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it.each<[string, Assertion]>([
    ['another type', { typ: 'JWT' }], ['an ID token\'s type', { typ: 'at+jwt' }],
    ['another audience', { claims: { aud: 'https://other.example' } }], ['another client', { claims: { client_id: 'op_other' } }],
    ['another resource', { claims: { resource: 'https://other.example/mcp' } }], ['no resource', { claims: { resource: undefined } }],
    ['an issuer nobody trusts', { claims: { iss: 'https://evil.example' } }], ['the issuer with a slash', { claims: { iss: 'http://127.0.0.1/' } }],
    ['no end', { claims: { exp: undefined } }], ['an end in the past', { claims: { exp: 1 } }], ['no id', { claims: { jti: undefined } }],
    ['a stranger', { claims: { sub: 'nobody' } }], ['nobody', { claims: { sub: undefined } }], ['a start in the future', { claims: { nbf: 9_999_999_999 } }],
  ])('is not believed with %s', async (_name, assertion) => {
    expect(await exchange(await sign(assertion))).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('is not believed with another key, with none, or unsigned', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    expect(await exchange(await sign({ signer: other }))).toMatchObject({ error: 'invalid_grant' });
    const [, body] = (await sign()).split('.');
    const none = Buffer.from('{"alg":"none","typ":"oauth-id-jag+jwt"}').toString('base64url');
    for (const assertion of [`${none}.${body}.`, `${none}.${body}`, 'x', '']) expect((await exchange(assertion)).status).toBe(400);
  });

  it('gives no token without a scope', async () => {
    expect(await exchange(await sign({ claims: { scope: 'admin' } }))).toMatchObject({ status: 400, error: 'invalid_scope' });
    expect(await exchange(await sign(), { scope: 'admin unknown' })).toMatchObject({ status: 400, error: 'invalid_scope' });
  });

  it('gives a token no more than the roles of the person may hold', async () => {
    const trusted = await server.app.get(ClientRegistry, { strict: false }).create({ name: 'Trusted', grants: [ASSERTION_GRANT], authentication: 'client_secret_basic', scopes: ['mcp', 'admin'] });
    const scopesOf = async (sub: string): Promise<string | undefined> => {
      const assertion = await sign({ claims: { sub, client_id: trusted.client.clientId } });
      return (await postForm(`${server.url}/oauth/token`, { grant_type: ASSERTION_GRANT, assertion }, { Authorization: basic(trusted.client.clientId, trusted.secret ?? '') })).scope;
    };
    server.people.put('rosa', { roles: ['admin'] });
    expect([await scopesOf('anna'), await scopesOf('rosa')]).toEqual(['mcp', 'mcp admin']);
  });

  it('gives no token for a person who is disabled here', async () => {
    server.people.put('fred', { disabled: true });
    expect(await exchange(await sign({ claims: { sub: 'fred' } }))).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('gives no token for another resource or to a client that may not', async () => {
    expect(await exchange(await sign(), { resource: 'https://other.example/mcp' })).toMatchObject({ error: 'invalid_target' });
    const plain = await server.app.get(ClientRegistry, { strict: false }).create({ name: 'x', grants: ['client_credentials'], authentication: 'client_secret_basic', scopes: ['mcp'] });
    const answer = await postForm(`${server.url}/oauth/token`, { grant_type: ASSERTION_GRANT, assertion: await sign({ claims: { client_id: plain.client.clientId } }) }, { Authorization: basic(plain.client.clientId, plain.secret ?? '') });
    expect(answer.access_token).toBeUndefined();
    expect(answer.status).toBe(400);
  });
});
