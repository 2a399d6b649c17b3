import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, head, headerOf } from '../support/http-raw.js';
import { OAuthClient } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
beforeAll(async () => {
  server = await OAuthServer.start();
});
afterAll(() => server.close());

const POISONS = [
  ['Host: evil.example'], ['Host: evil.example:443'], ['Host: 127.0.0.1', 'X-Forwarded-Host: evil.example'],
  ['Host: 127.0.0.1', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https', 'X-Forwarded-Port: 444'],
  ['Host: 127.0.0.1', 'Forwarded: host=evil.example;proto=https'], ['Host: 127.0.0.1', 'X-Forwarded-Prefix: /evil'],
  ['Host: 127.0.0.1', 'X-Original-Host: evil.example', 'X-Rewrite-URL: /evil'],
];

describe('no header moves the server (critical pitfall 2)', () => {
  it.each(POISONS)('metadata under %s %s %s %s', async (...lines) => {
    const answer = await exchange(server.url, head(['GET /.well-known/oauth-authorization-server HTTP/1.1', ...lines, 'Connection: close']));
    expect(answer.body).not.toMatch(/evil|https:/);
    const document: unknown = JSON.parse(answer.body);
    expect(document).toMatchObject({ issuer: server.url, token_endpoint: `${server.url}/oauth/token`, jwks_uri: `${server.url}/oauth/jwks`, registration_endpoint: `${server.url}/oauth/register` });
  });

  it.each(POISONS)('the way to the sign-in page under %s %s %s %s', async (...lines) => {
    const client = await OAuthClient.registered(server.url);
    const { pathname, search } = new URL(client.authorizationUrl());
    const answer = await exchange(server.url, head([`GET ${pathname}${search} HTTP/1.1`, ...lines, 'Connection: close']));
    expect(answer.status).toBe(303);
    expect(headerOf(answer, 'location')).toMatch(/^\/oauth\/interaction\//);
    expect(headerOf(answer, 'set-cookie')).not.toMatch(/evil|domain=/i);
  });

  it.each(POISONS)('the address a device shows under %s %s %s %s', async (...lines) => {
    const client = await OAuthClient.registered(server.url, { grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'] });
    const body = `client_id=${client.clientId}`;
    const answer = await exchange(server.url, head(['POST /oauth/device_authorization HTTP/1.1', ...lines, 'Content-Type: application/x-www-form-urlencoded', `Content-Length: ${body.length}`, 'Connection: close'], body));
    expect(JSON.parse(answer.body)).toMatchObject({ verification_uri: `${server.url}/oauth/device` });
  });
});

describe('behind a proxy that ends TLS', () => {
  it('speaks of https and marks its cookies, whatever the proxy forgot to say', async () => {
    const secure = await OAuthServer.start({ settings: { publicUrl: 'https://mcp.example.com' } });
    const document: unknown = await (await fetch(`${secure.url}/.well-known/openid-configuration`)).json();
    expect(document).toMatchObject({ issuer: 'https://mcp.example.com', authorization_endpoint: 'https://mcp.example.com/oauth/authorize' });
    const client = await OAuthClient.registered(secure.url);
    const answer = await fetch(client.authorizationUrl({ resource: 'https://mcp.example.com/mcp' }), { redirect: 'manual' });
    for (const cookie of answer.headers.getSetCookie()) expect(cookie).toMatch(/^__(?:Host|Secure)-gatehouse_.*; samesite=lax; secure; httponly/i);
    expect(answer.headers.getSetCookie().length).toBeGreaterThan(1);
    await secure.close();
  });
});
