/** A whole life of a server, after which no secret of it is found where it does not belong (P9, E7, E14, checklist 16). */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../src/auth/api-keys.service.js';
import { ClientRegistry } from '../../src/auth/authorization-server/client-registry.js';
import { FirstAdmin } from '../../src/auth/first-admin.js';
import { GuardedModule } from '../clients/fixtures/guarded.js';
import { CookieBrowser } from '../support/browser.js';
import { Canaries, dumpOf } from '../support/canaries.js';
import { authDoors, signInThrough } from '../support/mcp-auth-doors.js';
import { KeptCredentials } from '../support/mcp-auth-provider.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { basic, postForm } from '../support/oauth-client.js';

const directory = mkdtempSync(join(tmpdir(), 'gatehouse-canaries-'));
const serverSecret = randomBytes(32).toString('base64');
const canaries = new Canaries();
let server: AuthServer;

const keep = (what: string, secret: string | undefined): string => canaries.keep(what, secret);

/** The one-time password is replaced at the first sign-in. */
async function firstAdminSignsIn(): Promise<void> {
  const admin = await server.app.get(FirstAdmin, { strict: false }).ensure();
  const oneTime = keep('one-time password', admin?.password);
  const chosen = keep('chosen password', `a chosen sentence ${randomBytes(8).toString('hex')}`);
  const browser = new CookieBrowser();
  await browser.open(`${server.url}/account/sign-in`);
  await browser.submit({ login: 'admin', password: keep('wrong password', `mistyped-${randomBytes(8).toString('hex')}`), decision: 'sign_in' });
  await browser.submit({ login: 'admin', password: oneTime, decision: 'sign_in' });
  await browser.submit({ password: chosen, repeated: chosen, decision: 'change' });
  expect(browser.title).toBe('Connected applications');
  await browser.open(`${server.url}/account?access_token=${oneTime}`);
  canaries.watch(browser);
}

async function personSignsIn(authentication: 'none' | 'client_secret_basic' | 'client_secret_post'): Promise<KeptCredentials> {
  const person = await server.person(`person with ${authentication}`);
  keep('password', person.account.password);
  const credentials = new KeptCredentials(person, { authentication });
  const { peer, again } = await signInThrough(authDoors.httpV1, server.url, credentials);
  await again(() => peer.call('write_file'));
  credentials.kept = { ...credentials.kept ?? { access_token: '', token_type: 'Bearer' }, access_token: 'not.a.token' };
  await peer.call('opening_hours');
  for (const { access_token: access, refresh_token: refresh, id_token: id } of credentials.given) {
    keep('access token', access);
    keep('refresh token', refresh);
    if (id !== undefined) keep('id token', id);
  }
  keep('code verifier', credentials.codeVerifier());
  const { client_secret: secret, registration_access_token: management } = { client_secret: undefined, registration_access_token: undefined, ...credentials.client };
  if (authentication !== 'none') keep('client secret', secret);
  if (typeof management === 'string') keep('registration access token', management);
  canaries.watch(person.browser);
  return credentials;
}

beforeAll(async () => {
  server = await startAuthServer({
    modules: [GuardedModule], log: canaries.log,
    settings: { databaseUrl: `sqlite:${join(directory, 'gatehouse.db')}`, dataDirectory: directory, secret: serverSecret, logLevel: 'trace', guests: false },
  });
  keep('secret of the server', serverSecret);
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

/** Everything a server does in its life. */
async function liveALife(): Promise<void> {
  await firstAdminSignsIn();
  const kept = [await personSignsIn('none'), await personSignsIn('client_secret_basic'), await personSignsIn('client_secret_post')];
  const keys = server.app.get(ApiKeys, { strict: false });
  const { key, text } = await keys.create({ name: 'a key', roles: ['robot'] });
  keep('key', text);
  keep('rotated key', (await keys.rotate(key.id, 60))?.text);
  const registry = server.app.get(ClientRegistry, { strict: false });
  const { client, secret } = await registry.create({ name: 'a job', grants: ['client_credentials'], authentication: 'client_secret_basic', scopes: ['mcp'], roles: ['robot'] });
  const machine = await postForm(`${server.url}/oauth/token`, { grant_type: 'client_credentials' }, { Authorization: basic(client.clientId, keep('secret of a machine', secret)) });
  keep('token of a machine', machine.access_token);
  keep('new secret of a machine', await registry.rotateSecret(client.clientId));
  await Promise.all([...canaries.oneOfEach().values()].map((one) => canaries.misuse(server.url, one)));
  await kept[0]?.person.takeBack();
  await server.users.setDisabled(kept[1]?.person.account.id ?? '', true);
  await Promise.all(kept.slice(0, 2).map(({ accessToken }) => canaries.misuse(server.url, accessToken)));
}

describe('after a whole life of a server no secret of it is', () => {
  it('missing in this test: all kinds were used, well and badly', async () => {
    await liveALife();
    for (const kind of ['one-time password', 'password', 'access token', 'refresh token', 'code', 'client secret', 'key', 'secret of a machine']) expect(canaries.kinds).toContain(kind);
    expect(canaries.lines.join('')).toContain('credential.refused');
    expect(canaries.shown.join('')).toContain('invalid_token');
  }, 60_000);

  it('in any line of the log, at its most talkative', () => {
    expect(canaries.foundIn(canaries.lines)).toEqual([]);
  });

  it('in any refusal, header or page', () => {
    expect(canaries.foundIn(canaries.shown)).toEqual([]);
  });

  it('in any address a browser was sent to, but codes', () => {
    expect(canaries.locations.length).toBeGreaterThan(10);
    expect(canaries.foundIn(canaries.locations)).toEqual([]);
  });

  it('in the files of the database', () => {
    const dump = dumpOf(directory);
    expect(dump).toContain('person with none');
    expect(canaries.found(dump)).toEqual([]);
  });
});
