import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errors, type Client } from 'oidc-provider';
import { OidcModelStore } from '../../src/auth/oidc-models.port.js';
import { TokenClaims } from '../../src/auth/authorization-server/token-claims.js';
import { ProviderHolder } from '../../src/auth/authorization-server/provider-holder.js';
import { basic, postForm, register } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
beforeAll(async () => {
  server = await OAuthServer.start({ settings: { extraScopes: ['admin'], idJagIssuers: ['https://idp.example/'] } });
});
afterAll(() => server.close());

const MACHINE = ['client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer'];
const token = (form: Record<string, string>, headers = {}) => postForm(`${server.url}/oauth/token`, form, headers);

describe('who registers themselves never becomes a machine (critical pitfall 1)', () => {
  it.each(MACHINE)('is refused the registration with %s alone', async (grant) => {
    expect(await register(server.url, { grant_types: [grant], response_types: [], token_endpoint_auth_method: 'client_secret_basic' })).toMatchObject({ status: 400, error: 'invalid_client_metadata' });
    expect((await register(server.url, { grant_types: [grant, 'refresh_token'] })).status).toBe(400);
  });

  it.each(MACHINE)('loses %s where it is one among others, and gets no token with it', async (grant) => {
    const client = await register(server.url, { grant_types: ['authorization_code', grant], token_endpoint_auth_method: 'client_secret_basic' });
    expect(client).toMatchObject({ status: 201, grant_types: ['authorization_code'] });
    const headers = { Authorization: basic(client.client_id ?? '', client.client_secret ?? '') };
    const answer = await token({ grant_type: grant, scope: 'admin', resource: `${server.url}/mcp`, assertion: 'a.b.c' }, headers);
    expect(answer.status).toBe(400);
    expect(answer.access_token).toBeUndefined();
  });

  it('cannot dress up as a client of the operator', async () => {
    const wish = { client_id: 'op_mine', gatehouse_scopes: ['admin'], gatehouse_roles: ['admin'], grant_types: ['authorization_code', 'client_credentials'] };
    const client = await register(server.url, wish);
    expect(client.client_id).toMatch(/^dcr_/);
  });

  it('gets nothing even when its record says otherwise: what is kept is judged again', async () => {
    const client = await register(server.url, { token_endpoint_auth_method: 'client_secret_basic' });
    const store: OidcModelStore = server.app.get(OidcModelStore, { strict: false });
    const kept = await store.find('Client', client.client_id ?? '');
    if (!kept) throw new Error('the client is kept');
    await store.upsert({ ...kept, payload: { ...kept.payload, grant_types: ['authorization_code', 'client_credentials'], gatehouse_scopes: ['admin'] } });
    const answer = await token({ grant_type: 'client_credentials', scope: 'admin' }, { Authorization: basic(client.client_id ?? '', client.client_secret ?? '') });
    expect(answer.status).toBe(400);
    expect(answer.access_token).toBeUndefined();
  });

  it.each(['dcr_someone', 'https://app.example/client.json'])('is stopped where the token is made, whatever let it through before: %s', async (clientId) => {
    const claims = server.app.get(TokenClaims, { strict: false });
    const { provider } = server.app.get(ProviderHolder, { strict: false });
    const { client_id: registered = '' } = await register(server.url);
    const made: Client = Object.create(await provider.Client.find(registered) ?? {}, { clientId: { value: clientId } });
    const machine = new provider.ClientCredentials({ client: made, scope: 'admin' });
    await expect(claims.claimsOf(undefined, machine)).rejects.toThrow(errors.UnauthorizedClient);
  });
});
