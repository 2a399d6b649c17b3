import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEVICE_GRANT } from '../../src/auth/authorization-server/client-metadata.js';
import { register } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

const MOST = 3;
let server: OAuthServer;
let clientId: string;
beforeAll(async () => {
  server = await OAuthServer.start({ settings: { authorizationsPerMinute: MOST, trustedProxies: '127.0.0.1' } });
  const client = await register(server.url, { client_name: 'Television', redirect_uris: ['http://127.0.0.1/callback'], grant_types: ['authorization_code', DEVICE_GRANT] });
  clientId = client.client_id ?? '';
});
afterAll(() => server.close());

let last = 0;
/** Somebody new, whom our proxy tells apart. */
const somebody = (): string => `203.0.113.${(last += 1)}`;

function ask(path: string, from: string, method = 'POST'): Promise<Response> {
  const headers = { 'X-Forwarded-For': from, 'Accept': 'text/html' };
  const form = new URLSearchParams({ client_id: clientId, redirect_uri: 'http://127.0.0.1/callback', response_type: 'code', code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' });
  if (method === 'GET') return fetch(`${server.url}${path}?${form}`, { headers, redirect: 'manual' });
  return fetch(`${server.url}${path}`, { method: 'POST', headers, body: form, redirect: 'manual' });
}

describe('beginning a sign-in costs strangers something', () => {
  it.each([
    ['/oauth/authorize', 'GET', 'text/html'], ['/authorize', 'GET', 'text/html'],
    ['/oauth/par', 'POST', 'application/json'], ['/oauth/device_authorization', 'POST', 'application/json'],
  ])('at %s by %s', async (path, method, type) => {
    const [from, other] = [somebody(), somebody()];
    for (let round = 0; round < MOST; round += 1) expect((await ask(path, from, method)).status).toBeLessThan(400);
    const refused = await ask(path, from, method);
    expect([refused.status, refused.headers.get('content-type')?.split(';')[0], refused.headers.get('cache-control')]).toEqual([429, type, 'no-store']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.text()).toContain('temporarily_unavailable');
    expect((await ask(path, `198.51.100.9, ${other}`, method)).status).toBeLessThan(400);
    expect((await ask(path, `198.51.100.9, ${from}`, method)).status).toBe(429);
  });

  it('counts all ways together, and one network of IPv6 as one', async () => {
    const ways = [['/oauth/authorize', 'GET'], ['/oauth/par', 'POST'], ['/oauth/device_authorization', 'POST'], ['/oauth/par', 'POST']] as const;
    const statuses = [];
    for (const [index, [path, method]] of ways.entries()) statuses.push((await ask(path, `2001:db8::${index + 1}`, method)).status === 429);
    expect(statuses).toEqual([false, false, false, true]);
  });

  it('counts requests that only want the headers, and no preflights', async () => {
    const from = somebody();
    const head = (method: string) => fetch(`${server.url}/oauth/authorize`, { method, headers: { 'X-Forwarded-For': from }, redirect: 'manual' });
    for (let round = 0; round < MOST; round += 1) await head('OPTIONS');
    for (let round = 0; round < MOST; round += 1) expect((await head('HEAD')).status).not.toBe(429);
    expect((await head('HEAD')).status).toBe(429);
  });

  it('lets everybody try again a minute later', async () => {
    const from = somebody();
    for (let round = 0; round <= MOST; round += 1) await ask('/oauth/par', from);
    server.clock.ahead += 60_000;
    expect((await ask('/oauth/par', from)).status).toBe(201);
  });
});
