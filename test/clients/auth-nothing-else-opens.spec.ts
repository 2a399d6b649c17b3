/** What a sign-in leaves behind beside the access token opens no door, and the access token opens it from its header alone (E6, E7). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { perRequest, send } from '../support/http-mcp.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { modernRequest, post, postModern } from '../support/mcp-wire.js';
import { registerClient } from '../support/sign-in-server.js';
import { GuardedModule } from './fixtures/guarded.js';

const tokensShape = z.object({ access_token: z.string(), refresh_token: z.string(), id_token: z.string() });
let server: AuthServer;
let tokens: z.output<typeof tokensShape>;
const others = new Map<string, string>();
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule] });
  const [client, person] = [await registerClient(server.url), await server.person('anna')];
  const back = async (): Promise<URL> => person.agree(new URL(client.authorizeUrl('openid mcp')));
  tokens = tokensShape.parse(await (await client.redeem(await back())).json());
  const { body, headers } = modernRequest('tools/call', { name: 'order', arguments: { item: 'tea' } });
  const { last } = await post(`${server.url}/mcp`, body, { ...headers, authorization: `Bearer ${tokens.access_token}` });
  others.set('ID token', tokens.id_token).set('refresh token', tokens.refresh_token);
  others.set('authorization code', (await back()).searchParams.get('code') ?? '').set('request state', String(last.result?.['requestState']));
});
afterAll(() => server.close());

const { headers, json } = perRequest(1, 'tools/list');
const atDoors = (credentials: Record<string, string>, query = ''): Promise<number[]> => Promise.all([
  send(`${server.url}/mcp${query}`, { headers: { ...headers, ...credentials }, json }),
  send(`${server.url}/mcp${query}`, { method: 'GET', headers: { accept: 'text/event-stream', 'mcp-session-id': 'x', ...credentials } }),
  send(`${server.url}/sse${query}`, { method: 'GET', headers: { accept: 'text/event-stream', ...credentials } }),
  send(`${server.url}/messages?sessionId=x`, { headers: { 'content-type': 'application/json', ...credentials }, json }),
].map(async (reply) => (await reply).status));

describe('what is no access token', () => {
  it.each(['ID token', 'refresh token', 'authorization code', 'request state'])('such as a real %s opens no door (E6)', async (what) => {
    const secret = others.get(what) ?? '';
    expect(secret.length).toBeGreaterThan(20);
    expect(await atDoors({ authorization: `Bearer ${secret}` })).toEqual([401, 401, 401, 401]);
    expect(await atDoors({ 'x-api-key': secret })).toEqual([401, 401, 401, 401]);
  });
});

describe('an access token', () => {
  it('opens the door from its header', async () => {
    expect((await send(`${server.url}/mcp`, { headers: { ...headers, authorization: `Bearer ${tokens.access_token}` }, json })).status).toBe(200);
  });

  it('opens none from the address or a cookie (E7)', async () => {
    const { access_token: token } = tokens;
    expect(await atDoors({}, `?access_token=${token}`)).toEqual([401, 401, 401, 401]);
    expect(await atDoors({ cookie: `access_token=${token}; authorization=Bearer ${token}` })).toEqual([401, 401, 401, 401]);
  });

  it('opens none from a form or from the message (E7)', async () => {
    const { access_token: token } = tokens;
    const form = await send(`${server.url}/mcp`, { headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ access_token: token }).toString() });
    expect(form.status).toBe(401);
    const inMessage = { ...json, access_token: token, params: { ...Object(json.params), access_token: token, authorization: `Bearer ${token}` } };
    expect((await send(`${server.url}/mcp`, { headers, json: inMessage })).status).toBe(401);
    expect((await postModern(server.url, 'tools/list', { access_token: token, _authorization: `Bearer ${token}` })).status).toBe(401);
  });
});
