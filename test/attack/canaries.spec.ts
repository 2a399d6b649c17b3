/** A whole life of a server, after which no secret of it is found where it does not belong (P9, E7, E14, checklist 16). */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../src/auth/api-keys.service.js';
import { ClientRegistry } from '../../src/auth/authorization-server/client-registry.js';
import { FirstAdmin } from '../../src/auth/first-admin.js';
import { Log } from '../../src/observability/log.js';
import { GuardedModule } from '../clients/fixtures/guarded.js';
import { CookieBrowser } from '../support/browser.js';
import { accepted, perRequest, send, type Sending } from '../support/http-mcp.js';
import { authDoors, signInThrough } from '../support/mcp-auth-doors.js';
import { KeptCredentials } from '../support/mcp-auth-provider.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { basic, postForm } from '../support/oauth-client.js';

const directory = mkdtempSync(join(tmpdir(), 'gatehouse-canaries-'));
const serverSecret = randomBytes(32).toString('base64');
const lines: string[] = [];
/** Bodies and headers of refusals, and every page a person saw. */
const shown: string[] = [];
/** Every secret of the run, by what it is. */
const secrets = new Map<string, string>();
let server: AuthServer;

function keep(what: string, secret: string | undefined): string {
  if (secret === undefined || secret.length < 8) throw new Error(`There is no ${what}`);
  secrets.set(`${what} #${secrets.size}`, secret);
  return secret;
}

/** Asks, and keeps what was said where it was a refusal. */
async function refused(url: string, sending: Sending): Promise<void> {
  const { status, headers, text } = await send(url, sending);
  expect(status).toBeGreaterThanOrEqual(400);
  shown.push(text, JSON.stringify(headers));
}

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
  keepBrowser(browser);
}

/** Pages, and the cookies that stand for a person. */
function keepBrowser(browser: CookieBrowser): void {
  // What redirects carries its secret by design.
  shown.push(...browser.traffic.filter(({ status }) => status < 300 || status >= 400).map(({ text }) => text));
  // That of an interaction is the address of its page; the others stand for the person.
  for (const { name, value } of browser.cookies) if (!name.includes('interaction') && !name.includes('resume')) keep(`cookie ${name}`, value);
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
  for (const { headers } of person.browser.traffic) {
    const code = URL.parse(headers.get('location') ?? '', server.url)?.searchParams.get('code');
    if (code !== null && code !== undefined) keep('code', code);
  }
  const { client_secret: secret, registration_access_token: management } = { client_secret: undefined, registration_access_token: undefined, ...credentials.client };
  if (authentication !== 'none') keep('client secret', secret);
  if (typeof management === 'string') keep('registration access token', management);
  keepBrowser(person.browser);
  return credentials;
}

/** Says secrets in every place they do not belong, and after they have gone stale. */
async function misuse(secret: string): Promise<void> {
  const { headers, json } = perRequest(1, 'tools/list');
  for (const path of ['/mcp', '/sse', '/messages', '/messages/%zz', '/account', '/account/%zz', '/', '/nowhere']) {
    const reply = await send(`${server.url}${path}?access_token=${encodeURIComponent(secret)}&code=${encodeURIComponent(secret)}`, { method: 'GET', headers: { accept: 'text/event-stream' } });
    shown.push(reply.status < 300 ? '' : reply.text, JSON.stringify(reply.headers));
  }
  await refused(`${server.url}/mcp`, { headers: { ...headers, authorization: `Bearer ${secret}x` }, json });
  await refused(`${server.url}/mcp`, { headers: { ...headers, 'x-api-key': `${secret}x` }, json });
  await refused(`${server.url}/mcp`, { headers: { ...headers, authorization: `DPoP ${secret}` }, json });
  await refused(`${server.url}/messages?sessionId=${encodeURIComponent(secret)}`, { headers: accepted, json });
  const forms: Record<string, string>[] = [
    { grant_type: 'refresh_token', refresh_token: secret, client_id: 'nobody' }, { grant_type: 'authorization_code', code: secret, client_id: secret },
    { grant_type: secret }, { grant_type: 'client_credentials', client_id: 'op_nobody', client_secret: secret },
  ];
  for (const form of forms) shown.push(JSON.stringify({ ...await postForm(`${server.url}/oauth/token`, form), access_token: undefined }));
}

beforeAll(async () => {
  const log = new Log(pino({ level: 'trace', base: null }, { write: (line: string) => void lines.push(line) }));
  server = await startAuthServer({
    modules: [GuardedModule], log,
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
  const oneOfEach = new Map([...secrets].map(([what, secret]) => [what.replace(/ #\d+$/, ''), secret]));
  await Promise.all([...oneOfEach.values()].map(misuse));
  await kept[0]?.person.takeBack();
  await server.users.setDisabled(kept[1]?.person.account.id ?? '', true);
  await Promise.all(kept.slice(0, 2).map(({ accessToken }) => misuse(accessToken)));
}

/** The secrets found in a text, in any spelling it might use; of a token its signature is secret, its claims are not. */
function found(text: string): string[] {
  return [...secrets].filter(([, secret]) => {
    const core = secret.startsWith('eyJ') ? secret.split('.')[2] ?? secret : secret;
    const bytes = Buffer.from(core);
    const spellings = [core, encodeURIComponent(core), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex'), JSON.stringify(core).slice(1, -1)];
    return spellings.some((spelling) => text.includes(spelling));
  }).map(([what]) => what);
}

describe('after a whole life of a server no secret of it is', () => {
  it('missing in this test: all kinds were used, well and badly', async () => {
    await liveALife();
    const kinds = new Set([...secrets.keys()].map((what) => what.replace(/ #\d+$/, '')));
    for (const kind of ['one-time password', 'password', 'access token', 'refresh token', 'code', 'client secret', 'key', 'secret of a machine']) expect(kinds).toContain(kind);
    expect(lines.join('')).toContain('credential.refused');
    expect(shown.join('')).toContain('invalid_token');
  }, 60_000);

  it('in any line of the log, at its most talkative', () => {
    expect(lines.flatMap((line) => found(line).map((what) => `${what}: ${line.slice(0, 120)}`))).toEqual([]);
  });

  it('in any refusal, header or page', () => {
    expect(shown.flatMap((text) => found(text).map((what) => `${what}: ${text.slice(0, 120)}`))).toEqual([]);
  });

  it('in the files of the database', () => {
    const dump = Buffer.concat(readdirSync(directory).filter((file) => file.startsWith('gatehouse.db')).map((file) => readFileSync(join(directory, file)))).toString('latin1');
    expect(dump).toContain('person with none');
    expect(found(dump)).toEqual([]);
  });
});
