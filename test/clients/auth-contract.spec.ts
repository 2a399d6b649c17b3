/** What clients rely on before they are let in, and how they are told that they are not (contract lines 1–5, 8, 9, 17, 18; row E15). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { accepted, perRequest, send, type Reply } from '../support/http-mcp.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { tokenOf, type HandToken } from '../support/mcp-auth-tokens.js';
import { register } from '../support/oauth-client.js';
import { registerClient } from '../support/sign-in-server.js';
import { GuardedModule } from './fixtures/guarded.js';

let server: AuthServer;
let token: HandToken;
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule] });
  token = await tokenOf(server.url, await server.person('anna'));
});
afterAll(() => server.close());

const metadataShape = z.looseObject({
  issuer: z.string(), authorization_endpoint: z.string(), token_endpoint: z.string(), registration_endpoint: z.string(), jwks_uri: z.string(),
  code_challenge_methods_supported: z.array(z.string()), token_endpoint_auth_methods_supported: z.array(z.string()),
});

/** As a client does that knows nothing but the address its user typed. */
async function discover(address: string): Promise<{ challenge: string; resource: unknown; metadata: z.output<typeof metadataShape> }> {
  const { headers, json } = perRequest(1, 'tools/list');
  const refusal = await send(address, address.endsWith('/sse') ? { method: 'GET', headers: { accept: 'text/event-stream' } } : { headers, json });
  expect([refusal.status, refusal.headers['content-type']]).toEqual([401, expect.stringContaining('application/json')]);
  const challenge = refusal.headers['www-authenticate'] ?? '';
  const [, metadataUrl = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
  const resource = JSON.parse((await send(metadataUrl, { method: 'GET' })).text);
  const [issuer] = z.object({ authorization_servers: z.array(z.string()) }).parse(resource).authorization_servers;
  const metadata = metadataShape.parse(JSON.parse((await send(`${issuer}/.well-known/oauth-authorization-server`, { method: 'GET' })).text));
  return { challenge, resource, metadata };
}

describe.each(['/mcp', '/sse'])('who knows only the address …%s', (path) => {
  it('is led to everything a sign-in needs (contract lines 1–3)', async () => {
    const { challenge, resource, metadata } = await discover(server.url + path);
    expect(challenge).toBe(`Bearer resource_metadata="${server.url}/.well-known/oauth-protected-resource${path}", scope="mcp"`);
    expect(resource).toMatchObject({ resource: server.url + path, scopes_supported: ['mcp'] });
    expect(metadata).toMatchObject({
      issuer: server.url, code_challenge_methods_supported: ['S256'], client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true, token_endpoint_auth_methods_supported: expect.arrayContaining(['none']),
    });
  });
});

describe('documents of discovery', () => {
  const protectedResource = ['', '/mcp', '/sse'].map((path) => `/.well-known/oauth-protected-resource${path}`);
  const authorizationServer = ['oauth-authorization-server', 'openid-configuration'].flatMap((name) => ['', '/mcp'].map((path) => `/.well-known/${name}${path}`));

  const page = 'https://inspector.example';
  const asked = (path: string, method: string, headers: Record<string, string> = { origin: page }): Promise<Reply> => send(server.url + path, { method, headers });

  it.each([...protectedResource, ...authorizationServer])('%s: GET and HEAD, with and without a slash, from any web page, never a redirect (contract lines 2–4)', async (path) => {
    const plain = await asked(path, 'GET');
    expect([plain.status, plain.headers.location, plain.headers['content-type']]).toEqual([200, undefined, expect.stringContaining('application/json')]);
    const slashed = await asked(`${path}/`, 'GET');
    expect([slashed.status, slashed.text]).toEqual([200, plain.text]);
    const head = await asked(path, 'HEAD');
    expect(head).toMatchObject({ status: 200, text: '' });
    for (const { headers } of [plain, slashed, head]) {
      expect(headers).toMatchObject({ 'access-control-allow-origin': page, vary: expect.stringContaining('Origin') });
      expect(headers).not.toHaveProperty('access-control-allow-credentials');
    }
    const preflight = await asked(path, 'OPTIONS', { origin: page, 'access-control-request-method': 'GET', 'access-control-request-headers': 'mcp-protocol-version' });
    expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': page, 'access-control-allow-methods': 'GET', 'access-control-allow-headers': 'mcp-protocol-version' } });
    expect((await asked(path, 'GET', {})).text).toBe(plain.text);
  });

  it('are all that a page of another origin may have of a protected resource', async () => {
    const tries: [string, string][] = [['POST', '/.well-known/oauth-protected-resource'], ['DELETE', '/.well-known/oauth-protected-resource/mcp'], ['GET', '/.well-known/oauth-protected-resourceful'], ['GET', '/mcp'], ['GET', '/sse']];
    for (const [method, path] of tries) {
      const { status, headers } = await asked(path, method);
      expect([method, path, status, headers['access-control-allow-origin']]).toEqual([method, path, 403, undefined]);
    }
  });

  it.each(['openid-configuration', 'oauth-authorization-server'])('%s says the same at the root and with the path inserted (contract line 3)', async (name) => {
    const [root, inserted] = await Promise.all(['', '/mcp'].map((path) => send(`${server.url}/.well-known/${name}${path}`, { method: 'GET' })));
    expect(root?.text).toBe(inserted?.text);
  });
});

describe('registration takes what clients really send (contract line 5)', () => {
  it.each<[string, Record<string, unknown>]>([
    ['Cursor: three kinds of address at once', { redirect_uris: ['cursor://anysphere.cursor-mcp/oauth/callback', 'https://www.cursor.com/agents/mcp/oauth/callback', 'http://localhost:8787/callback'] }],
    ['VS Code', { redirect_uris: ['https://vscode.dev/redirect', 'https://insiders.vscode.dev/redirect', 'http://127.0.0.1/', 'http://127.0.0.1:33418/'], client_uri: 'https://code.visualstudio.com', application_type: 'native' }],
    ['Claude: a secret in the form', { redirect_uris: ['https://claude.ai/api/mcp/auth_callback'], token_endpoint_auth_method: 'client_secret_post', scope: 'mcp profile claudeai' }],
    ['Inspector', { redirect_uris: ['http://localhost:6274/oauth/callback', 'http://localhost:6274/oauth/callback/debug'], scope: '' }],
    ['members nobody knows, and empty ones', { unheard_of: { deep: [1] }, client_uri: '', logo_uri: '', tos_uri: '' }],
  ])('%s', async (_name, metadata) => {
    expect(await register(server.url, metadata)).toMatchObject({ status: 201, client_id: expect.any(String) });
  });

  it('matches loopback redirects on any port, and no other address but exactly', async () => {
    const client = await registerClient(server.url, { redirectUri: 'http://localhost:1/callback' });
    const person = await server.person('bert');
    const url = new URL(client.authorizeUrl());
    url.searchParams.set('redirect_uri', 'http://localhost:61234/callback');
    expect((await person.agree(url)).host).toBe('localhost:61234');
    url.searchParams.set('redirect_uri', 'http://localhost:61234/callback/more');
    await person.browser.open(url.href);
    expect(person.browser.page).toMatchObject({ status: 400 });
  });
});

describe('the token endpoint (contract line 9)', () => {
  const ask = (form: Record<string, string>): Promise<Response> => fetch(`${server.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });

  it('says invalid_client with 401 and invalid_grant with 400', async () => {
    const unknown = await ask({ grant_type: 'refresh_token', client_id: 'nobody', refresh_token: 'x' });
    expect([unknown.status, await unknown.json()]).toEqual([401, expect.objectContaining({ error: 'invalid_client' })]);
    const client = await registerClient(server.url);
    const stale = await ask({ grant_type: 'refresh_token', client_id: client.id, refresh_token: 'x' });
    expect([stale.status, await stale.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })]);
  });
});

/** Calls a tool as a client of some name, in a session or without. */
async function callAs(base: string, name: string, tool: string, headers: Record<string, string>, era: 'session' | 'request' = 'request'): Promise<Reply> {
  if (era === 'request') {
    const sent = perRequest(1, 'tools/call', { name: tool, arguments: {}, _meta: { 'io.modelcontextprotocol/clientInfo': { name, version: '1' } } });
    return send(`${base}/mcp`, { headers: { ...sent.headers, ...headers }, json: sent.json });
  }
  const opened = await send(`${base}/mcp`, {
    headers: { ...accepted, ...headers },
    json: { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name, version: '1' } } },
  });
  return send(`${base}/mcp`, {
    headers: { ...accepted, ...headers, 'mcp-session-id': String(opened.headers['mcp-session-id']) },
    json: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } },
  });
}

const inResult = (scope: string, error: string) => ({
  result: { isError: true, _meta: { 'mcp/www_authenticate': [expect.stringMatching(new RegExp(`^Bearer error="${error}", .*resource_metadata="http://.*", scope="${scope}"$`))] } },
});

describe.each(['request', 'session'] as const)('a refusal has two dialects (contract line 17), in the era of the %s', (era) => {
  it('by status and header for clients that react to it', async () => {
    const reply = await callAs(server.url, 'claude-code', 'write_file', token.bearer, era);
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([403, expect.stringContaining('scope="mcp files:write"')]);
  });

  it.each(['openai-mcp', 'ChatGPT', 'codex-mcp-client'])('in a result for %s', async (name) => {
    const reply = await callAs(server.url, name, 'write_file', token.bearer, era);
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([200, undefined]);
    expect(JSON.parse(reply.text)).toMatchObject(inResult('mcp files:write', 'insufficient_scope'));
  });

  it('as the operator says, whoever asks', async () => {
    const [never, always] = await Promise.all(['transport', 'result'].map((challengeDialect) => startAuthServer({ modules: [GuardedModule], settings: { challengeDialect, guests: true } })));
    if (!never || !always) throw new Error('Two servers were started');
    expect((await callAs(never.url, 'openai-mcp', 'order', {}, era)).status).toBe(401);
    const reply = await callAs(always.url, 'claude-code', 'write_file', {}, era);
    expect(JSON.parse(reply.text)).toMatchObject(inResult('mcp files:write', 'invalid_token'));
    await Promise.all([never.close(), always.close()]);
  });
});
