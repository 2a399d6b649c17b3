import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, head } from '../support/http-raw.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
beforeAll(async () => {
  server = await OAuthServer.start({ settings: { extraScopes: ['files:write'] } });
});
afterAll(() => server.close());

const DOCUMENTS = ['oauth-authorization-server', 'openid-configuration'];
const FORMS = DOCUMENTS.flatMap((name) => [`/.well-known/${name}`, `/.well-known/${name}/mcp`, `/.well-known/${name}/`, `/.well-known/${name}/mcp/`]);

describe('metadata answers wherever a client looks (checklist 20, 21; contract lines 3 and 4)', () => {
  it.each(FORMS)('%s is the document, without a redirect, to GET and HEAD', async (path) => {
    const answer = await fetch(server.url + path, { redirect: 'error' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ issuer: server.url, token_endpoint: `${server.url}/oauth/token` });
    const bare = await fetch(server.url + path, { method: 'HEAD', redirect: 'error' });
    expect([bare.status, await bare.text()]).toEqual([200, '']);
  });

  it('says what clients refuse to go on without (checklist 22, 24, 25, 26)', async () => {
    const document = await (await fetch(`${server.url}/.well-known/oauth-authorization-server`)).json();
    expect(document).toMatchObject({
      code_challenge_methods_supported: ['S256'], authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true, registration_endpoint: `${server.url}/oauth/register`,
      authorization_endpoint: `${server.url}/oauth/authorize`, jwks_uri: `${server.url}/oauth/jwks`, revocation_endpoint: `${server.url}/oauth/revoke`,
      introspection_endpoint: `${server.url}/oauth/introspect`, device_authorization_endpoint: `${server.url}/oauth/device_authorization`,
      pushed_authorization_request_endpoint: `${server.url}/oauth/par`, userinfo_endpoint: `${server.url}/oauth/userinfo`, end_session_endpoint: `${server.url}/oauth/logout`,
      response_types_supported: ['code'], scopes_supported: ['mcp', 'files:write', 'openid', 'offline_access', 'profile', 'email'],
    });
  });

  it('names only what is offered (row F17, pitfall 13)', async () => {
    const document = await (await fetch(`${server.url}/.well-known/openid-configuration`)).json();
    expect(document).toMatchObject({
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'],
      token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    });
  });

  it('may be read by the page of a browser client, as may the keys', async () => {
    for (const path of ['/.well-known/oauth-authorization-server/mcp', '/oauth/jwks']) {
      const answer = await fetch(server.url + path, { headers: { Origin: 'https://inspector.example' } });
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://inspector.example');
    }
  });

  it('publishes no private part of a key', async () => {
    const text = await (await fetch(`${server.url}/oauth/jwks`)).text();
    expect(JSON.parse(text)).toMatchObject({ keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }] });
    expect(text).not.toContain('"d"');
  });
});

describe('a client of 2025-03-26 that finds no metadata tries plain paths (checklist 20)', () => {
  it('registers at /register', async () => {
    const answer = await fetch(`${server.url}/register`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"redirect_uris":["http://127.0.0.1/cb"],"token_endpoint_auth_method":"none"}' });
    expect(answer.status).toBe(201);
  });

  it('is answered at /token and /authorize', async () => {
    expect((await fetch(`${server.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'x' }) })).status).toBe(400);
    expect((await fetch(`${server.url}/authorize?client_id=nobody`, { redirect: 'manual' })).status).toBe(400);
  });
});

describe('what is not there is refused in a sentence', () => {
  it.each([['GET', '/oauth/token'], ['GET', '/oauth/register'], ['DELETE', '/oauth/token'], ['GET', '/oauth/authorize/unknown/deeper']])('%s %s', async (method, path) => {
    const answer = await fetch(server.url + path, { method });
    expect([answer.status, await answer.json()]).toEqual([405, expect.objectContaining({ error: 'invalid_request' })]);
  });

  it('does not fall over a request target nobody expects', async () => {
    const port = new URL(server.url).host;
    for (const target of ['/oauth/authorize?%', '/oauth/device?user_code=%ff', '//oauth/token', '/oauth/authorize/%ff']) {
      const answer = await exchange(server.url, head([`GET ${target} HTTP/1.1`, `Host: ${port}`, 'Connection: close']));
      expect(answer.status).toBeLessThan(500);
    }
  });
});

describe('a browser page registers and redeems (pitfall 8)', () => {
  it('is let through from a loopback page while the server listens on loopback', async () => {
    const asked = await fetch(`${server.url}/oauth/register`, { method: 'OPTIONS', headers: { 'Origin': 'http://localhost:6274', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' } });
    expect([asked.status, asked.headers.get('access-control-allow-origin'), asked.headers.get('access-control-allow-headers')]).toEqual([204, 'http://localhost:6274', 'content-type']);
    const token = await fetch(`${server.url}/oauth/token`, { method: 'OPTIONS', headers: { 'Origin': 'http://localhost:6274', 'Access-Control-Request-Method': 'POST' } });
    expect([token.status, token.headers.get('access-control-allow-origin')]).toEqual([204, 'http://localhost:6274']);
  });

  it('is not let through from a page nobody listed', async () => {
    const asked = await fetch(`${server.url}/oauth/register`, { method: 'OPTIONS', headers: { 'Origin': 'https://evil.example', 'Access-Control-Request-Method': 'POST' } });
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
  });
});
