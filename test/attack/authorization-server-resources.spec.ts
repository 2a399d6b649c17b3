/** A token is for the resource that was agreed, at every endpoint that names one (row F21, RFC 8707). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientRegistry } from '../../src/auth/authorization-server/client-registry.js';
import { basic, claimsOf, OAuthClient, postForm, type Answer } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
let client: OAuthClient;
let machine: { id: string; secret: string };
beforeAll(async () => {
  server = await OAuthServer.start();
  client = await OAuthClient.registered(server.url);
  const made = await server.app.get(ClientRegistry, { strict: false }).create({ name: 'job', grants: ['client_credentials'], authentication: 'client_secret_basic', scopes: ['mcp'], roles: ['robot'] });
  machine = { id: made.client.clientId, secret: made.secret ?? '' };
});
afterAll(() => server.close());

/** Asks for tokens in one of three ways, for these resources. */
type Asking = (resources: readonly string[]) => Promise<Answer>;

const withResources = (form: Record<string, string>, resources: readonly string[], headers: Record<string, string> = {}): Promise<Answer> => {
  const all = new URLSearchParams(form);
  for (const resource of resources) all.append('resource', resource);
  return postForm(`${server.url}/oauth/token`, all, headers);
};

const ways: [string, Asking][] = [
  ['a code', async (resources) => {
    const code = (await client.authorize()).searchParams.get('code') ?? '';
    return withResources({ grant_type: 'authorization_code', code, client_id: client.clientId, redirect_uri: client.redirectUri, code_verifier: client.verifier }, resources);
  }],
  ['a refresh token', async (resources) => {
    const { refresh_token: token = '' } = await client.signIn();
    return withResources({ grant_type: 'refresh_token', refresh_token: token, client_id: client.clientId }, resources);
  }],
  ['client credentials', (resources) => withResources({ grant_type: 'client_credentials' }, resources, { authorization: basic(machine.id, machine.secret) })],
];

describe.each(ways)('for %s', (_name, ask) => {
  it('the agreed resource is served, and so is none', async () => {
    for (const resources of [[`${server.url}/mcp`], []]) {
      const tokens = await ask(resources);
      expect([tokens.status, claimsOf(tokens.access_token)['aud']]).toEqual([200, `${server.url}/mcp`]);
    }
  });

  it.each(['https://other.example/mcp', 'urn:x', 'https://127.0.0.1/mcp'])('%s is an invalid target', async (resource) => {
    const answer = await ask([resource]);
    expect([answer.status, answer.error, answer.access_token]).toEqual([400, 'invalid_target', undefined]);
  });

  it('two at once are no target, whichever they are', async () => {
    for (const resources of [[`${server.url}/mcp`, 'https://other.example/mcp'], [`${server.url}/mcp`, `${server.url}/sse`]]) {
      const answer = await ask(resources);
      expect([answer.status, answer.error, answer.access_token]).toEqual([400, expect.stringMatching(/^invalid_(?:target|request)$/), undefined]);
    }
  });
});

describe('the host of a resource counts in any case (checklist 15)', () => {
  let named: OAuthServer;
  beforeAll(async () => {
    named = await OAuthServer.start({ settings: { publicUrl: 'https://mcp.example.com' } });
  });
  afterAll(() => named.close());

  it.each(['https://MCP.Example.COM/mcp', 'HTTPS://mcp.example.com/mcp', 'https://mcp.example.com:443/mcp', 'https://MCP.EXAMPLE.COM/sse'])('%s', async (resource) => {
    const { client: { clientId }, secret = '' } = await named.app.get(ClientRegistry, { strict: false }).create({ name: 'job', grants: ['client_credentials'], authentication: 'client_secret_basic', scopes: ['mcp'], roles: ['robot'] });
    const tokens = await postForm(`${named.url}/oauth/token`, { grant_type: 'client_credentials', resource }, { authorization: basic(clientId, secret) });
    expect(claimsOf(tokens.access_token)['aud']).toBe('https://mcp.example.com/mcp');
    const person = await OAuthClient.registered(named.url);
    const page = await fetch(person.authorizationUrl({ resource }), { redirect: 'manual' });
    expect(page.headers.get('location')).toMatch(/^\/oauth\/interaction\//);
  });

  it.each(['https://mcp.example.com/MCP', 'http://mcp.example.com/mcp', 'https://mcp.example.com:444/mcp'])('and nothing else of it does: %s', async (resource) => {
    const person = await OAuthClient.registered(named.url);
    const page = await fetch(person.authorizationUrl({ resource }), { redirect: 'manual' });
    expect(page.headers.get('location')).toContain('error=invalid_target');
  });
});
