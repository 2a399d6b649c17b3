import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientRegistry } from '../../src/auth/authorization-server/client-registry.js';
import { SigningKeys } from '../../src/auth/credentials/signing-keys.js';
import { Users } from '../../src/auth/users.js';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { initialize, perRequest, send } from '../support/http-mcp.js';
import { AuthPerson } from '../support/mcp-auth-person.js';
import { basic, CALLBACK, headerOf, OAuthClient, postForm } from '../support/oauth-client.js';
import { freePort } from '../support/free-port.js';

let gatehouse: Gatehouse;
let clients: ClientRegistry;
beforeAll(async () => {
  const port = await freePort();
  gatehouse = await startGatehouse({ settings: { port, authMode: 'embedded', signingKeyLeadSeconds: 0, extraScopes: ['files:read'] } });
  clients = gatehouse.app.get(ClientRegistry, { strict: false });
});
afterAll(() => gatehouse.close());

async function machine(roles: string[] = ['developer']): Promise<{ clientId: string; token(scope?: string): Promise<string> }> {
  const { client: { clientId }, secret = '' } = await clients.create({ name: 'ci', grants: ['client_credentials'], authentication: 'client_secret_basic', scopes: ['mcp', 'files:read'], roles });
  const token = async (scope?: string): Promise<string> => {
    const form = { grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) };
    const answer = await postForm(`${gatehouse.url}/oauth/token`, form, { authorization: basic(clientId, secret) });
    return String(answer.access_token);
  };
  return { clientId, token };
}

const enter = (token: string): Promise<number> => initialize(gatehouse.url, '2025-11-25', { authorization: `Bearer ${token}` }).then(({ status }) => status);

async function toolsOf(token: string): Promise<string[]> {
  const { headers, json } = perRequest(1, 'tools/list');
  const reply = await send(`${gatehouse.url}/mcp`, { headers: { ...headers, authorization: `Bearer ${token}` }, json });
  const message: { result: { tools: { name: string }[] } } = JSON.parse(reply.text);
  return message.result.tools.map(({ name }) => name);
}

describe('a token of our own authorization server opens our own door', () => {
  it('for a machine, with the roles the operator gave it, and no others (R34–R37)', async () => {
    const [developer, nobody] = [await machine(), await machine([])];
    expect(await toolsOf(await developer.token())).toEqual(expect.arrayContaining(['data_transform', 'echo']));
    expect(await toolsOf(await nobody.token())).not.toContain('data_transform');
  });

  it('until the client is taken back: with the next request (pitfall 18)', async () => {
    const { clientId, token } = await machine();
    const held = await token();
    expect(await enter(held)).toBe(200);
    await clients.revoke(clientId);
    expect(await enter(held)).toBe(401);
  });

  it('for a person through a client of the operator, until that client is taken back', async () => {
    const { client: { clientId } } = await clients.create({ name: 'desk', grants: ['authorization_code', 'refresh_token'], authentication: 'none', scopes: ['mcp'], redirectUris: [CALLBACK] });
    const users = gatehouse.app.get(Users, { strict: false });
    const welcome = await users.create({ login: 'anna', roles: ['developer'] });
    const anna = { id: welcome?.user.id ?? '', login: 'anna', password: 'somebody likes long sentences' };
    await users.setPassword(anna.id, anna.password);
    const desk = new OAuthClient(gatehouse.url, clientId);
    const back = await new AuthPerson(gatehouse.url, anna).agree(new URL(desk.authorizationUrl()));
    const { access_token: held = '', refresh_token: next } = await desk.redeem(back.searchParams.get('code') ?? '');
    expect(await enter(held)).toBe(200);
    await clients.revoke(clientId);
    expect([await enter(held), (await desk.refresh(next)).status]).toEqual([401, 401]);
  });

  it('across a rotation of the signing keys (E9)', async () => {
    const { token } = await machine();
    const before = await token();
    await gatehouse.app.get(SigningKeys, { strict: false }).rotate(0);
    const after = await token();
    expect(headerOf(before)['kid']).not.toBe(headerOf(after)['kid']);
    expect([await enter(before), await enter(after)]).toEqual([200, 200]);
  });
});
