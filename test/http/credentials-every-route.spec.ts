import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { accepted, send } from '../support/http-mcp.js';

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
const IN_FRONT = ['POST /mcp', 'GET /mcp', 'DELETE /mcp', 'POST /messages', 'POST /messages/:sessionId'];

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'TRACE', 'OPTIONS'];

const layers = z.array(z.looseObject({
  route: z.looseObject({ path: z.union([z.string(), z.array(z.string())]), methods: z.record(z.string(), z.boolean()) }).optional(),
}));

let gatehouse: Gatehouse;
let routes: string[];
beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { authMode: 'embedded', databaseUrl: 'sqlite::memory:', publicUrl: 'https://gate.example' } });
  const router: unknown = Reflect.get(gatehouse.app.getHttpAdapter().getInstance(), 'router');
  const stack = layers.parse(Reflect.get(Object(router), 'stack'));
  const ofExpress = stack.flatMap(({ route }) => (route ? [route.path].flat().flatMap((path) => Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${path}`)) : []));
  // The doors of HTTP+SSE stand behind paths of the settings.
  const outside = ofExpress.filter((route) => !route.startsWith('HEAD ')).map((route) => route.replace(' /-/', ' /'));
  routes = [...new Set([...outside, ...IN_FRONT])];
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

  it('the authorization server gives nothing to who brings nothing', async () => {
    const metadata: Record<string, unknown> = JSON.parse((await send(`${gatehouse.url}/.well-known/oauth-authorization-server`, { method: 'GET' })).text);
    const endpoints = Object.entries(metadata).filter(([name]) => name.endsWith('_endpoint')).map(([, url]) => new URL(String(url)).pathname);
    expect(endpoints.length).toBeGreaterThan(5);
    for (const path of endpoints) {
      const { status, text } = await send(gatehouse.url + path, { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'a=b' });
      expect({ path, refused: status >= 400 && status < 500, token: text.includes('_token":') }).toEqual({ path, refused: true, token: false });
    }
  });
});
