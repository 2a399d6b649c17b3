/** A server that people sign in to: real HTTP, cheap hashes, a clock the test owns, and clients that want to be let in. */
import { createHash, randomBytes } from 'node:crypto';
import type { INestApplication } from '@nestjs/common';
import { RoleMap } from '../../src/auth/role-map.js';
import type { Users } from '../../src/auth/users.js';
import { startApplication } from './application.js';
import { CookieBrowser, type Visited } from './browser.js';
import { freePort } from './free-port.js';

/** A running server and what a test does with it. */
export interface SignInServer {
  app: INestApplication;
  url: string;
  users: Users;
  /** Added to the real time. */
  clock: { ahead: number };
  /** A person with a password of their own. */
  person(login: string, roles?: readonly string[]): Promise<{ id: string; login: string; password: string }>;
  close(): Promise<void>;
}

/** Starts it on a free port, or on the one given, with everything in memory. */
export async function startSignInServer(changes: Record<string, unknown> & { port?: number } = {}): Promise<SignInServer> {
  const { app, url, users, clock, welcome } = await startApplication({
    port: changes.port ?? await freePort(), settings: { authMode: 'embedded', ...changes },
    instead: [[RoleMap, RoleMap.parse('roles: { reader: { scopes: [mcp] }, writer: {} }', 'the roles of the test')]],
  });
  return {
    app, url, users, clock,
    person: (login, roles = ['writer']) => welcome({
      login, roles, displayName: login[0]?.toUpperCase() + login.slice(1), password: 'somebody likes long sentences',
    }),
    close: () => app.close(),
  };
}

/** A client that registered itself. */
export interface TestClient {
  id: string;
  redirectUri: string;
  verifier: string;
  /** Where it sends the browser. */
  authorizeUrl(scope?: string): string;
  /** Redeems what came back; the answer of the token endpoint. */
  redeem(returned: URL): Promise<Response>;
}

/** Registers a client (RFC 7591) as MCP clients do. */
export async function registerClient(url: string, { redirectUri = 'http://127.0.0.1:9/callback', name = 'Test client', grants = ['authorization_code', 'refresh_token'] } = {}): Promise<TestClient> {
  const answer = await fetch(`${url}/oauth/register`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none', grant_types: grants }),
  });
  const body: unknown = await answer.json();
  if (typeof body !== 'object' || body === null || !('client_id' in body) || typeof body.client_id !== 'string') throw new Error(`Not registered: ${JSON.stringify(body)}`);
  const id = body.client_id;
  const verifier = randomBytes(32).toString('base64url');
  return {
    id, redirectUri, verifier,
    authorizeUrl(scope = 'mcp') {
      const query = new URLSearchParams({
        client_id: id, redirect_uri: redirectUri, response_type: 'code', scope, state: 'its own state', resource: `${url}/mcp`,
        code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256',
      });
      return `${url}/oauth/authorize?${query.toString()}`;
    },
    redeem: (returned) => fetch(`${url}/oauth/token`, {
      method: 'POST', body: new URLSearchParams({ grant_type: 'authorization_code', client_id: id, redirect_uri: redirectUri, code_verifier: verifier, code: returned.searchParams.get('code') ?? '' }),
    }),
  };
}

/** Goes to where a client sent the browser, signs in there, and stops at consent. */
export async function signIn(browser: CookieBrowser, client: TestClient, { login, password }: { login: string; password: string }, scope?: string): Promise<Visited> {
  await browser.open(client.authorizeUrl(scope));
  return browser.submit({ login, password, decision: 'sign_in' });
}
