/** A token bound to a key, from our authorization server to our doors, with the DPoP of a certified client (RFC 9449). */
import * as oidc from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { perRequest, send } from '../support/http-mcp.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { GuardedModule } from './fixtures/guarded.js';

const REDIRECT = 'http://127.0.0.1:33418/callback';
let server: AuthServer;
let config: oidc.Configuration;
let proving: oidc.DPoPHandle;
let token: string;
/** What the client sent last, or would have sent, proof included. */
let sent: Record<string, string>;
let isHeldBack = false;
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule] });
  config = await oidc.dynamicClientRegistration(new URL(server.url), { redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' }, oidc.None(), { execute: [oidc.allowInsecureRequests] });
  proving = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
  const verifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT, scope: 'mcp', resource: `${server.url}/mcp`, code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const back = await (await server.person('anna')).agree(url);
  const tokens = await oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier }, undefined, { DPoP: proving });
  token = tokens.access_token;
  config[oidc.customFetch] = (address, { body, headers, method, signal }) => {
    sent = headers;
    return isHeldBack ? Promise.resolve(new Response()) : fetch(address, { body: body ?? null, headers, method, ...(signal ? { signal } : {}) });
  };
});
afterAll(() => server.close());

const { headers, json } = perRequest(1, 'tools/call', { name: 'who_am_i' });
const doors = [{ path: '/mcp', method: 'POST', json }, { path: '/sse', method: 'GET' }];

/** Asks with a new proof, of the holder where no other is named. */
async function ask(path: string, method: string, body: object | undefined, by = proving): Promise<number> {
  const answer = await oidc.fetchProtectedResource(config, token, new URL(path, server.url), method, body && JSON.stringify(body), new Headers(headers), { DPoP: by });
  await answer.body?.cancel();
  return answer.status;
}

/** A proof that nobody has seen yet. */
async function unseen(path: string, method: string): Promise<string> {
  isHeldBack = true;
  await ask(path, method, undefined);
  isHeldBack = false;
  return sent['dpop'] ?? '';
}

describe.each(doors)('$path', ({ path, method, json: body }) => {
  const status = async (credentials: Record<string, string>): Promise<number> => (await send(server.url + path, { method, headers: { ...headers, ...credentials }, ...(body ? { json: body } : {}) })).status;

  it('opens to the token with a proof, each time with a new one', async () => {
    expect([await ask(path, method, body), await ask(path, method, body)]).toEqual([200, 200]);
  });

  it('stays shut to the same proof once more', async () => {
    expect(await ask(path, method, body)).toBe(200);
    const { authorization = '', dpop = '' } = sent;
    expect([authorization, dpop.split('.').length]).toEqual([`DPoP ${token}`, 3]);
    expect(await status({ authorization, dpop })).toBe(401);
  });

  it('stays shut to the token alone, and to the token as Bearer', async () => {
    expect(await status({ authorization: `Bearer ${token}` })).toBe(401);
    expect(await status({ authorization: `Bearer ${token}`, dpop: await unseen(path, method) })).toBe(401);
    expect(await status({ authorization: `DPoP ${token}` })).toBe(401);
  });

  it('stays shut to the proof of another key, and to a proof for another door', async () => {
    const thief = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    await expect(ask(path, method, body, thief)).rejects.toMatchObject({ status: 401 });
    expect(await status({ authorization: `DPoP ${token}`, dpop: await unseen(path === '/mcp' ? '/sse' : '/mcp', method) })).toBe(401);
  });
});
