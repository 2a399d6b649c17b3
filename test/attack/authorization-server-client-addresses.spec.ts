/** A client's addresses of itself are text to us: none is a script, and none is fetched while it is inside (row F16, promise P8). */
import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSink, TestNetwork } from '../support/document-host.js';
import { freePort } from '../support/free-port.js';
import { CALLBACK, OAuthClient, postForm, register } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

const MEMBERS = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri', 'sector_identifier_uri', 'initiate_login_uri'];
const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const network = new TestNetwork();
let server: OAuthServer;
let sink: Awaited<ReturnType<typeof openSink>>;
let inside: string[];
beforeAll(async () => {
  server = await OAuthServer.start({ network });
  const port = await freePort();
  sink = await openSink('127.0.0.1', port);
  network.names.set('inside.example', [['127.0.0.1']]);
  inside = [`https://127.0.0.1:${port}/x`, `https://localhost:${port}/x`, `https://inside.example:${port}/x`, `https://[::ffff:127.0.0.1]:${port}/x`];
});
afterAll(() => Promise.all([server.close(), sink.close()]));

describe.each(MEMBERS)('%s', (member) => {
  const proving = member === 'jwks_uri' ? { token_endpoint_auth_method: 'private_key_jwt' } : {};

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'vbscript:x', ' javascript:alert(1)'])('is refused or forgotten as %s', async (address) => {
    const answer = await register(server.url, { ...proving, [member]: address });
    expect([answer.status, answer[member]]).toEqual(answer.status === 201 ? [201, undefined] : [400, undefined]);
    if (answer.status === 400) expect(answer.error).toBe('invalid_client_metadata');
  });

  it('is not fetched from inside, neither at registration nor when the client is used', async () => {
    for (const address of inside) {
      const { status, client_id: id = '' } = await register(server.url, { ...proving, [member]: address });
      if (status !== 201) continue;
      const client = new OAuthClient(server.url, id, CALLBACK);
      const code = (await client.authorize()).searchParams.get('code') ?? '';
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const assertion = await new SignJWT({ jti: id }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).setIssuer(id).setSubject(id).setAudience(server.url).setIssuedAt().setExpirationTime('1m').sign(privateKey);
      const proof: Record<string, string> = member === 'jwks_uri' ? { client_assertion: assertion, client_assertion_type: ASSERTION } : {};
      const answer = await postForm(`${server.url}/oauth/token`, { grant_type: 'authorization_code', code, client_id: id, redirect_uri: CALLBACK, code_verifier: client.verifier, ...proof });
      expect(answer.status).toBe(member === 'jwks_uri' ? 401 : 200);
    }
    expect(sink.hits()).toBe(0);
  });
});

it('a key set is the one address that is looked up at all', () => {
  expect(new Set(network.asked)).toEqual(new Set(['localhost', 'inside.example']));
});
