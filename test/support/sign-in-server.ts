/** A server that people sign in to: real HTTP, cheap hashes, a clock the test owns, and clients that want to be let in. */
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from '../../src/app.module.js';
import { HashingCost } from '../../src/auth/accounts/passwords.js';
import { RoleMap } from '../../src/auth/role-map.js';
import { Users } from '../../src/auth/users.js';
import { settingsFrom } from '../../src/config/load.js';
import { Clock } from '../../src/protocol/clock.js';
import { Doors } from '../../src/transport/doors.js';
import { GatehouseHttpAdapter } from '../../src/transport/http-adapter.js';
import { CookieBrowser, type Visited } from './browser.js';

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
  const port = changes.port ?? await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = settingsFrom({
    publicUrl: url, authMode: 'embedded', databaseUrl: 'sqlite::memory:', logLevel: 'silent', secret: randomBytes(32).toString('base64'), extraScopes: ['files:write'], ...changes, port,
  });
  const clock = { ahead: 0 };
  const adapter = new GatehouseHttpAdapter(settings);
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(settings)] })
    .overrideProvider(Clock).useValue({ now: () => Date.now() + clock.ahead })
    .overrideProvider(RoleMap).useValue(RoleMap.parse('roles: { reader: { scopes: [mcp] }, writer: {} }', 'the roles of the test'))
    .overrideProvider(HashingCost).useValue({ log2: 6, blockSize: 8, parallelism: 1 })
    .compile();
  const app = module.createNestApplication(adapter, { bodyParser: false, logger: false });
  adapter.setFront(app.get(Doors).front);
  await app.listen(port, '127.0.0.1');
  const users = app.get(Users);
  return {
    app, url, users, clock,
    async person(login, roles = ['writer']) {
      const password = `${login} likes long sentences`.replace(login, 'somebody');
      const welcome = await users.create({ login, displayName: login[0]?.toUpperCase() + login.slice(1), roles });
      if (!welcome) throw new Error(`${login} is there already`);
      await users.setPassword(welcome.user.id, password);
      return { id: welcome.user.id, login, password };
    },
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

/** A port nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('No port'))));
    });
  });
}
