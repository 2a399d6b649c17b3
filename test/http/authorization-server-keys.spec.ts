import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { SigningKeys } from '../../src/auth/credentials/signing-keys.js';
import { Vault } from '../../src/auth/vault.port.js';
import { Settings } from '../../src/config/settings.js';
import { Log } from '../../src/observability/log.js';
import { OAuthClient, headerOf } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

const keySet = z.object({ keys: z.array(z.object({ kid: z.string() })) });
let server: OAuthServer;
beforeEach(async () => {
  server = await OAuthServer.start();
});
afterEach(() => server.close());

const keys = (): SigningKeys => server.app.get(SigningKeys, { strict: false });
const published = async (): Promise<string[]> => {
  const { keys: found } = keySet.parse(await (await fetch(`${server.url}/oauth/jwks`)).json());
  return found.map(({ kid }) => kid);
};
const verify = (token: string | undefined) => jwtVerify(token ?? '', createRemoteJWKSet(new URL(`${server.url}/oauth/jwks`)), { issuer: server.url, audience: `${server.url}/mcp`, typ: 'at+jwt' });

describe('signing keys rotate while the server runs (row E9)', () => {
  it('publishes a new key first, signs with it later, and keeps the old one for what it signed', async () => {
    const client = await OAuthClient.registered(server.url);
    const before = await client.signIn();
    const old = String(headerOf(before.access_token)['kid']);
    const fresh = await keys().rotate(300);
    expect((await published()).toSorted()).toEqual([old, fresh].toSorted());
    expect(headerOf((await client.signIn()).access_token)['kid']).toBe(old);

    server.clock.ahead = 301_000;
    await keys().reload();
    const after = await client.refresh(before.refresh_token);
    expect(headerOf(after.access_token)['kid']).toBe(fresh);
    await expect(verify(before.access_token)).resolves.toBeDefined();
    await expect(verify(after.access_token)).resolves.toBeDefined();

    server.clock.ahead = 2 * 86_400_000;
    await keys().reload();
    expect(await published()).toEqual([fresh]);
  });

  it('loses no browser session, no code and no pushed request on the way', async () => {
    const client = await OAuthClient.registered(server.url);
    await client.signIn();
    const code = (await client.authorize()).searchParams.get('code') ?? '';
    await keys().rotate(0);
    server.prompts.length = 0;
    expect(await client.redeem(code)).toMatchObject({ status: 200 });
    await client.signIn();
    expect(server.prompts).toEqual(['consent']);
  });

  it('serves requests without a failure while keys change', async () => {
    const client = await OAuthClient.registered(server.url);
    let { refresh_token: token } = await client.signIn();
    const rotations = (async () => {
      for (let count = 0; count < 5; count++) await keys().rotate(0);
    })();
    for (let count = 0; count < 15; count++) {
      const tokens = await client.refresh(token);
      expect(tokens.status).toBe(200);
      await verify(tokens.access_token);
      token = tokens.refresh_token;
    }
    await rotations;
  });

  it('tells whoever verifies tokens, and only when something changed', async () => {
    let told = 0;
    const stop = keys().onChange(() => told++);
    await keys().reload();
    expect(told).toBe(0);
    const kid = await keys().rotate(0);
    expect([told, keys().publicKeys()[0]?.kid]).toEqual([1, kid]);
    stop();
    await keys().rotate(0);
    expect(told).toBe(1);
  });

  it('finds keys that another process made in the same store', async () => {
    const vault: Vault = server.app.get(Vault, { strict: false });
    const other = new SigningKeys(vault, server.clock, server.app.get(Settings, { strict: false }), server.app.get(Log, { strict: false }));
    await other.open();
    expect(other.publicKeys().map(({ kid }) => kid)).toEqual(keys().publicKeys().map(({ kid }) => kid));
    other.onModuleDestroy();
  });
});

it('signs with RS256 where that is set', async () => {
  const rsa = await OAuthServer.start({ settings: { signingAlgorithm: 'RS256' } });
  const tokens = await (await OAuthClient.registered(rsa.url)).signIn({ scope: 'openid mcp' });
  expect([headerOf(tokens.access_token)['alg'], headerOf(tokens.id_token)['alg']]).toEqual(['RS256', 'RS256']);
  await rsa.close();
});
