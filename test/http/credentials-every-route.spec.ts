import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { accepted, send, type Reply } from '../support/http-mcp.js';
import { exchange, head } from '../support/http-raw.js';

/** Open to everybody: what says that the server lives, how to connect and where to sign in, and the way through the sign-in. */
const PUBLIC = [
  'GET /', 'GET /favicon.ico', 'GET /health', 'GET /ready',
  'GET /.well-known/oauth-protected-resource', 'GET /.well-known/oauth-protected-resource/*path',
  'GET /oauth/interaction/:uid', 'POST /oauth/interaction/:uid', 'GET /oauth/interaction/:uid/return', 'GET /oauth/federation/callback',
  'GET /account/sign-in', 'POST /account/sign-in', 'GET /account/return',
];

/** Closed to who brings no credential. */
const GATED = [
  'POST /mcp', 'GET /mcp', 'DELETE /mcp', 'GET /sse', 'POST /messages', 'POST /messages/:sessionId', 'POST /stream-tickets',
];

/** Closed to who has no browser session: sends to the sign-in, or refuses. */
const SIGNED_IN = ['GET /account', 'GET /account/password', 'POST /account/password', 'POST /account/revoke', 'POST /account/sign-out'];

/** Served before Express sees the request, which therefore has no route for them. */
const MESSAGES = ['POST /messages', 'POST /messages/:sessionId'];

/** Routes of the authorization server, and what somebody gets there who brings nothing. */
const AUTHORIZATION: Readonly<Record<string, number>> = {
  'GET /.well-known/oauth-authorization-server': 200, 'GET /.well-known/openid-configuration': 200, 'GET /oauth/jwks': 200,
  'GET /oauth/authorize': 400, 'GET /oauth/authorize/:uid': 400, 'POST /oauth/token': 400, 'POST /oauth/par': 400, 'POST /oauth/device_authorization': 400,
  'POST /oauth/revoke': 400, 'POST /oauth/introspect': 400, 'GET /oauth/userinfo': 401, 'POST /oauth/userinfo': 401,
  'POST /oauth/register': 400, 'GET /oauth/register/:clientId': 404,
  'GET /oauth/device': 200, 'POST /oauth/device': 400, 'GET /oauth/device/:uid': 400,
  'GET /oauth/logout': 200, 'POST /oauth/logout/confirm': 400, 'GET /oauth/logout/success': 200,
};

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'TRACE', 'OPTIONS'];

const layers = z.array(z.looseObject({
  route: z.looseObject({ path: z.union([z.string(), z.array(z.string())]), methods: z.record(z.string(), z.boolean()) }).optional(),
}));

/** Writes down which routes the library of the authorization server is given. */
async function overhear(): Promise<() => string[]> {
  const library: unknown = await import(['oidc-provider', 'lib/helpers/router.js'].join('/'));
  const router: unknown = Reflect.get(Object(Reflect.get(Object(library), 'default')), 'prototype');
  const spies = (['get', 'post', 'put', 'delete'] as const).map((verb) => ({ verb, spy: vi.spyOn(Object(router), verb) }));
  return () => spies.flatMap(({ verb, spy }) => spy.mock.calls.map(([, path]) => `${verb.toUpperCase()} ${String(path)}`));
}

let gatehouse: Gatehouse;
let routes: string[];
let ofAuthorization: string[];
beforeAll(async () => {
  const overheard = await overhear();
  gatehouse = await startGatehouse({ settings: { authMode: 'embedded', databaseUrl: 'sqlite::memory:', publicUrl: 'https://gate.example' } });
  const router: unknown = Reflect.get(gatehouse.app.getHttpAdapter().getInstance(), 'router');
  const stack = layers.parse(Reflect.get(Object(router), 'stack'));
  const ofExpress = stack.flatMap(({ route }) => (route ? [route.path].flat().flatMap((path) => Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${path}`)) : []));
  // The doors of HTTP+SSE stand behind paths of the settings.
  const outside = ofExpress.filter((route) => !route.startsWith('HEAD ')).map((route) => route.replace(' /-/', ' /'));
  const { headers } = await send(`${gatehouse.url}/mcp`, { method: 'PUT' });
  const ofDoor = (headers.allow ?? '').split(', ').filter((method) => method !== 'OPTIONS').map((method) => `${method} /mcp`);
  routes = [...new Set([...outside, ...ofDoor, ...MESSAGES])];
  ofAuthorization = [...new Set(overheard())];
});
afterAll(() => gatehouse.close());

const ask = (method: string, path: string): Promise<number> =>
  send(gatehouse.url + path.replace('*path', 'mcp').replace(/:\w+/g, 'x'), {
    method, headers: { ...accepted, accept: '*/*' }, ...(method === 'POST' ? { json: {} } : {}),
  }).then(({ status }) => status);

describe('every route is gated or public, and each is in one table (G6)', () => {
  it('knows every route of the application', () => {
    expect(routes.length).toBeGreaterThan(8);
    expect(routes.toSorted()).toEqual([...PUBLIC, ...GATED, ...SIGNED_IN].toSorted());
  });

  it.each(GATED)('%s needs a credential', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    expect([401, 403]).toContain(await ask(method, path));
  });

  it.each(SIGNED_IN)('%s needs somebody who has signed in', async (route) => {
    const [method = '', path = ''] = route.split(' ');
    const reply = await send(gatehouse.url + path, { method, headers: { 'content-type': 'application/x-www-form-urlencoded' }, ...(method === 'POST' ? { body: 'a=b' } : {}) });
    const elsewhere = reply.status === 303 && reply.headers.location?.startsWith('/account/sign-in');
    expect(elsewhere === true || [400, 401, 403].includes(reply.status)).toBe(true);
  });

  it.each(GATED)('%s gives nothing away to any other method', async (route) => {
    const [, path = ''] = route.split(' ');
    for (const method of METHODS) expect({ method, status: [204, 401, 403, 404, 405].includes(await ask(method, path)) }).toEqual({ method, status: true });
  });

  it.each([...new Set(PUBLIC.map((route) => route.split(' ')[1] ?? ''))])('%s is open for its own methods only', async (path) => {
    const own = PUBLIC.filter((route) => route.endsWith(` ${path}`)).map((route) => route.split(' ')[0]);
    for (const method of METHODS.filter((name) => !own.includes(name) && name !== 'HEAD' && name !== 'OPTIONS')) {
      expect({ method, refused: (await ask(method, path)) >= 400 }).toEqual({ method, refused: true });
    }
  });

  it('is closed to a foreign Host, whoever serves it (G1)', async () => {
    const open: string[] = [];
    for (const route of [...routes, ...ofAuthorization]) {
      const [method = '', path = ''] = route.split(' ');
      const { status } = await exchange(gatehouse.url, head([`${method} ${path.replace('*path', 'mcp').replace(/:\w+/g, 'x')} HTTP/1.1`, 'Host: evil.example', 'Content-Length: 0', 'Connection: close']));
      if (status !== 403) open.push(`${route}: ${status}`);
    }
    expect(open).toEqual([]);
  });

  it('knows every route of the authorization server', () => {
    expect(ofAuthorization.toSorted()).toEqual(Object.keys(AUTHORIZATION).toSorted());
  });

  it.each(Object.entries(AUTHORIZATION))('%s answers %d to who brings nothing, without a token', async (route, expected) => {
    const [method = '', path = ''] = route.split(' ');
    const { status, text } = await atAuthorization(method, path);
    expect([status, text.includes('_token":')]).toEqual([expected, false]);
  });

  it.each([...new Set(Object.keys(AUTHORIZATION).map((route) => route.split(' ')[1] ?? ''))])('%s of the authorization server is open for its own methods only', async (path) => {
    for (const method of METHODS.filter((name) => !Object.hasOwn(AUTHORIZATION, `${name} ${path}`) && name !== 'HEAD' && name !== 'OPTIONS')) {
      expect([method, (await atAuthorization(method, path)).status]).toEqual([method, path.includes('register/') ? 404 : 405]);
    }
  });
});

function atAuthorization(method: string, path: string): Promise<Reply> {
  const headers = { 'content-type': path.startsWith('/oauth/register') ? 'application/json' : 'application/x-www-form-urlencoded' };
  return send(gatehouse.url + path.replace(/:\w+/g, 'x'), { method, headers, ...(method === 'POST' ? { body: path.startsWith('/oauth/register') ? '{}' : 'a=b' } : {}) });
}
