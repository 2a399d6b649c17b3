import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEVICE_GRANT } from '../../src/auth/authorization-server/client-metadata.js';
import { ClientRegistry } from '../../src/auth/authorization-server/client-registry.js';
import { OidcModelStore } from '../../src/auth/oidc-models.port.js';
import { Revocations } from '../../src/auth/revocations.port.js';
import { StorageUnavailable } from '../../src/protocol/storage-unavailable.js';
import { CALLBACK, OAuthClient, claimsOf, postForm, register, type Answer } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
let client: OAuthClient;
beforeAll(async () => {
  server = await OAuthServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  server.clock.ahead = 0;
  client = await OAuthClient.registered(server.url);
});

const code = async (changes = {}): Promise<string> => (await client.authorize(changes)).searchParams.get('code') ?? '';
const isRevoked = ({ access_token: token }: Answer): Promise<boolean> => server.app.get<Revocations>(Revocations, { strict: false }).isGrantRevoked(String(claimsOf(token)['gid']));

describe('a code is good once (promise P7)', () => {
  it('gives tokens to one of twenty who redeem it at once, and burns them', async () => {
    const stolen = await code();
    // Nobody redeems before all have seen that the code is good.
    const store: OidcModelStore = server.app.get(OidcModelStore, { strict: false });
    const { find } = store;
    const seen: (() => void)[] = [];
    store.find = async (model, id) => {
      const found = await find.call(store, model, id);
      if (model !== 'AuthorizationCode' || seen.length >= 20) return found;
      await new Promise<void>((resolve) => {
        seen.push(resolve);
        if (seen.length === 20) for (const go of seen) go();
      });
      return found;
    };
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.redeem(stolen)));
    store.find = find;
    const won = answers.filter(({ status }) => status === 200);
    expect([seen.length, won.length]).toEqual([20, 1]);
    expect(new Set(answers.filter(({ status }) => status !== 200).map(({ error }) => error))).toEqual(new Set(['invalid_grant']));
    for (const tokens of won) {
      expect(await isRevoked(tokens)).toBe(true);
      expect(await client.refresh(tokens.refresh_token)).toMatchObject({ error: 'invalid_grant' });
    }
  });

  it('takes back what it gave when it is shown again', async () => {
    const used = await code();
    const tokens = await client.redeem(used);
    expect(await client.redeem(used)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await isRevoked(tokens)).toBe(true);
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('is not good for another client, another address or another verifier (row F2)', async () => {
    const stranger = await OAuthClient.registered(server.url);
    expect(await stranger.redeem(await code())).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await client.redeem(await code(), { redirect_uri: 'http://127.0.0.1/other' })).toMatchObject({ error: 'invalid_grant' });
    expect(await client.redeem(await code(), { code_verifier: 'x'.repeat(43) })).toMatchObject({ error: 'invalid_grant' });
  });

  it.each<[string, (stolen: string) => Promise<Answer>]>([
    ['another client', async (stolen) => (await OAuthClient.registered(server.url)).redeem(stolen, { code_verifier: client.verifier })],
    ['a client nobody knows', (stolen) => client.redeem(stolen, { client_id: 'nobody' })],
    ['another verifier', (stolen) => client.redeem(stolen, { code_verifier: 'x'.repeat(43) })],
    ['no verifier', (stolen) => client.redeem(stolen, { code_verifier: '' })],
    ['another address', (stolen) => client.redeem(stolen, { redirect_uri: 'http://127.0.0.1/other' })],
  ])('is burnt when it is shown with %s, and no other code is (row F2)', async (_name, tries) => {
    const other = await OAuthClient.registered(server.url);
    const [stolen, unrelated] = [await code(), (await other.authorize()).searchParams.get('code') ?? ''];
    expect((await tries(stolen)).status).toBeGreaterThanOrEqual(400);
    expect(await client.redeem(stolen)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect((await other.redeem(unrelated)).status).toBe(200);
  });

  it('is not burnt where the form was for something else', async () => {
    const held = await code();
    expect(await client.redeem(held, { grant_type: 'refresh_token' })).toMatchObject({ status: 400 });
    expect((await client.redeem(held)).status).toBe(200);
  });

  it('takes back what it gave although it was shown wrongly in between', async () => {
    const used = await code();
    const tokens = await client.redeem(used);
    await client.redeem(used, { client_id: 'nobody' });
    expect(await isRevoked(tokens)).toBe(false);
    await client.redeem(used);
    expect(await isRevoked(tokens)).toBe(true);
  });

  it('is no longer waited for when the store goes away before it is burnt (promise P11)', async () => {
    const held = await code();
    const store: OidcModelStore = server.app.get(OidcModelStore, { strict: false });
    const { destroy } = store;
    store.destroy = () => Promise.reject(new StorageUnavailable('gone'));
    const answer = await client.redeem(held, { code_verifier: 'x'.repeat(43) });
    store.destroy = destroy;
    expect(answer).toMatchObject({ status: 503, error: 'temporarily_unavailable' });
  });

  it('is not good after a minute (row F4)', async () => {
    const late = await code();
    server.clock.ahead = 61_000;
    expect(await client.redeem(late)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('is not good after its client was deleted (row F4)', async () => {
    const registry = server.app.get(ClientRegistry, { strict: false });
    const { client: { clientId } } = await registry.create({ name: 'App', grants: ['authorization_code', 'refresh_token'], authentication: 'none', scopes: ['mcp'], redirectUris: [CALLBACK] });
    const gone = new OAuthClient(server.url, clientId, CALLBACK);
    const [first, second] = [await gone.authorize(), await gone.authorize()].map(({ searchParams }) => searchParams.get('code') ?? '');
    expect((await gone.redeem(second ?? '')).status).toBe(200);
    await registry.revoke(clientId);
    expect(await gone.redeem(first ?? '')).toMatchObject({ status: 401, error: 'invalid_client' });
  });
});

describe('proof of possession cannot be talked away (checklist 22)', () => {
  it.each([
    ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['a plain challenge', { code_challenge_method: 'plain' }],
    ['a challenge without a method', { code_challenge_method: undefined }],
    ['an empty challenge', { code_challenge: '' }],
  ])('refuses %s', async (_name, changes) => {
    expect((await client.authorize(changes)).searchParams.get('error')).toBe('invalid_request');
  });

  it('refuses a confidential client without a challenge too (pitfall 10)', async () => {
    const confidential = await OAuthClient.registered(server.url, { token_endpoint_auth_method: 'client_secret_basic' });
    expect((await confidential.authorize({ code_challenge: undefined, code_challenge_method: undefined })).searchParams.get('error')).toBe('invalid_request');
  });

  it('refuses a code without its verifier', async () => {
    const held = await code();
    expect(await client.redeem(held, { code_verifier: '' })).toMatchObject({ status: 400, error: 'invalid_grant' });
  });
});

describe('a copy of the store opens nothing', () => {
  it('holds no code, token, session id, device code, user code or client secret', async () => {
    const kept: string[] = [];
    const store: OidcModelStore = server.app.get(OidcModelStore, { strict: false });
    const upsert = store.upsert.bind(store);
    store.upsert = (model) => {
      kept.push(JSON.stringify(model));
      return upsert(model);
    };
    const confidential = await OAuthClient.registered(server.url, { token_endpoint_auth_method: 'none' });
    const away = await confidential.authorize();
    const tokens = await confidential.redeem(away.searchParams.get('code') ?? '');
    const { client_secret: secret } = await register(server.url, { token_endpoint_auth_method: 'client_secret_basic' });
    const { client_id: television = '' } = await register(server.url, { redirect_uris: [], response_types: [], grant_types: [DEVICE_GRANT] });
    const device = await postForm(`${server.url}/oauth/device_authorization`, { client_id: television });
    store.upsert = upsert;
    const secrets = [away.searchParams.get('code'), tokens.refresh_token, tokens.access_token, secret, device['device_code'], device['user_code'], String(device['user_code']).replace('-', ''), ...Object.values(confidential.browser.cookies)];
    expect(secrets.length).toBeGreaterThan(7);
    for (const one of secrets) expect(one).toEqual(expect.any(String));
    for (const one of secrets) expect(kept.join('\n')).not.toContain(one);
  });
});
