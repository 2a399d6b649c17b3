/** Clients introduce themselves by a document, prove themselves with secrets and keys, or bring the word of a company (checklist 26, 34, 35). */
import { generateKeyPairSync } from 'node:crypto';
import {
  ClientCredentialsProvider, CrossAppAccessProvider, PrivateKeyJwtProvider, type OAuthClientProvider,
} from '@modelcontextprotocol/client';
import { exportJWK, exportPKCS8 } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASSERTION_GRANT } from '../../src/auth/authorization-server/client-metadata.js';
import { ClientRegistry, type ClientWish } from '../../src/auth/authorization-server/client-registry.js';
import { UserStore } from '../../src/auth/users.port.js';
import { isObject } from '../../src/protocol/json.js';
import { DocumentHost, TestNetwork } from '../support/document-host.js';
import { IssuerServer } from '../support/issuer-server.js';
import { authDoors, enterWith, everyAuthDoor, signInThrough, type AuthDoor } from '../support/mcp-auth-doors.js';
import { KeptCredentials } from '../support/mcp-auth-provider.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { textOf } from '../support/mcp-peer.js';
import { aSigningKey, TokenMint } from '../support/token-mint.js';
import { GuardedModule } from './fixtures/guarded.js';

const network = new TestNetwork();
let host: DocumentHost;
let company: IssuerServer;
let mint: TokenMint;
let server: AuthServer;
beforeAll(async () => {
  host = await DocumentHost.start(network);
  host.serve({ redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'] });
  company = await IssuerServer.start();
  server = await startAuthServer({ modules: [GuardedModule], network, settings: { idJagIssuers: [company.url] } });
  mint = new TokenMint(company.url, server.url, aSigningKey('company'));
  company.keys = [mint.key];
});
afterAll(async () => {
  await Promise.all([server.close(), host.close(), company.stop()]);
});

let count = 0;
const secondGeneration = everyAuthDoor.filter((door) => door.name.startsWith('client 2.4'));
const named = (doors: readonly AuthDoor[]) => doors.map((door) => ({ door, name: door.name }));
const registry = (): ClientRegistry => server.app.get(ClientRegistry, { strict: false });
const machine = (changes: Partial<ClientWish> = {}) => registry().create({
  name: 'Nightly job', grants: ['client_credentials'], authentication: 'client_secret_basic', scopes: ['mcp'], roles: ['robot'], ...changes,
});

async function whoIs(door: AuthDoor, provider: OAuthClientProvider): Promise<unknown> {
  const peer = await enterWith(door, server.url, { provider });
  return JSON.parse(textOf(await peer.call('who_am_i')));
}

describe.each(named(everyAuthDoor))('a metadata document introduces $name (contract line 6)', ({ door }) => {
  it('instead of a registration, on any loopback port', async () => {
    const person = await server.person(`reader-${++count}`);
    const document = `${host.origin}/client-${count}.json`;
    const credentials = new KeptCredentials(person, { document, redirectUrl: 'http://127.0.0.1:50007/callback' });
    const { peer } = await signInThrough(door, server.url, credentials);
    expect(JSON.parse(textOf(await peer.call('who_am_i')))).toMatchObject({ subject: person.account.id, client: document });
    const consent = person.browser.traffic.find(({ text }) => text.includes('Allow access?'))?.text;
    expect(consent).toContain('client.example');
    expect(consent).toContain('127.0.0.1');
  });
});

describe.each(named(secondGeneration))('a machine comes in with $name', ({ door }) => {
  it('with its secret (ClientCredentialsProvider)', async () => {
    const { client, secret = '' } = await machine();
    const provider = new ClientCredentialsProvider({ clientId: client.clientId, clientSecret: secret, expectedIssuer: server.url });
    expect(await whoIs(door, provider)).toEqual({ kind: 'client', subject: client.clientId, client: client.clientId, scopes: ['mcp'], roles: ['robot'] });
  });

  it('with its key (PrivateKeyJwtProvider)', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk: unknown = { ...await exportJWK(publicKey), alg: 'ES256' };
    const { client } = await machine({ authentication: 'private_key_jwt', keys: isObject(jwk) ? [jwk] : [] });
    const provider = new PrivateKeyJwtProvider({ clientId: client.clientId, privateKey: await exportPKCS8(privateKey), algorithm: 'ES256', expectedIssuer: server.url });
    expect(await whoIs(door, provider)).toMatchObject({ kind: 'client', subject: client.clientId });
  });

  it('for a person the company vouches for (CrossAppAccessProvider)', async () => {
    const { account } = await server.person(`employee-${++count}`);
    await server.app.get<UserStore>(UserStore, { strict: false }).link(account.id, { issuer: company.url, subject: `employee-${count}` });
    const { client, secret = '' } = await machine({ grants: [ASSERTION_GRANT], roles: [] });
    const provider = new CrossAppAccessProvider({
      clientId: client.clientId, clientSecret: secret, expectedIssuer: server.url,
      assertion: async ({ authorizationServerUrl, resourceUrl }) => mint.mint(
        { sub: `employee-${count}`, aud: authorizationServerUrl, resource: resourceUrl, client_id: client.clientId, gid: undefined, epoch: undefined },
        { typ: 'oauth-id-jag+jwt' }),
    });
    expect(await whoIs(door, provider)).toEqual({ kind: 'user', subject: account.id, client: client.clientId, scopes: ['mcp'], roles: ['analyst'] });
  });
});

describe('a machine of the operator', () => {
  it('is out with its next request once it is revoked', async () => {
    const { client, secret = '' } = await machine();
    const provider = new ClientCredentialsProvider({ clientId: client.clientId, clientSecret: secret, expectedIssuer: server.url });
    const peer = await enterWith(authDoors.httpPinned, server.url, { provider });
    expect(textOf(await peer.call('opening_hours'))).toBe('always');
    await registry().revoke(client.clientId);
    await expect(peer.call('opening_hours')).rejects.toThrow(/client authentication failed/);
  });
});
