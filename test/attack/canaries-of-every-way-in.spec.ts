/** Devices, pushed requests, tickets, assertions and the company's sign-in: none of their secrets lies about either (P9, E14). */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ASSERTION_GRANT, DEVICE_GRANT } from '../../src/auth/authorization-server/client-metadata.js';
import { ClientRegistry } from '../../src/auth/authorization-server/client-registry.js';
import { UserStore } from '../../src/auth/users.port.js';
import { GuardedModule } from '../clients/fixtures/guarded.js';
import { CookieBrowser } from '../support/browser.js';
import { Canaries, dumpOf } from '../support/canaries.js';
import { startCompanyProvider, type CompanyProvider } from '../support/company-provider.js';
import { freePort } from '../support/free-port.js';
import { EventStream } from '../support/http-event-stream.js';
import { send } from '../support/http-mcp.js';
import { IssuerServer } from '../support/issuer-server.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { basic, postForm } from '../support/oauth-client.js';
import { registerClient } from '../support/sign-in-server.js';
import { aSigningKey, TokenMint } from '../support/token-mint.js';

const root = mkdtempSync(join(tmpdir(), 'gatehouse-ways-in-'));
const directories = [join(root, 'here'), join(root, 'company')];
const canaries = new Canaries();
const keepTokens = ({ access_token: access, refresh_token: refresh }: Record<string, unknown>): void => {
  canaries.keep('access token', access);
  if (refresh !== undefined) canaries.keep('refresh token', refresh);
};
let issuer: IssuerServer;
let company: CompanyProvider;
let here: AuthServer;
let federated: AuthServer;

function start(directory: string, settings: Record<string, unknown>, port?: number): Promise<AuthServer> {
  mkdirSync(directory);
  return startAuthServer({
    modules: [GuardedModule], log: canaries.log, ...(port === undefined ? {} : { port }),
    settings: { databaseUrl: `sqlite:${join(directory, 'gatehouse.db')}`, dataDirectory: directory, logLevel: 'trace', ...settings },
  });
}

beforeAll(async () => {
  issuer = await IssuerServer.start();
  here = await start(directories[0] ?? '', { streamTickets: true, idJagIssuers: [issuer.url] });
  const port = await freePort();
  company = await startCompanyProvider(await freePort(), `http://127.0.0.1:${port}/oauth/federation/callback`);
  federated = await start(directories[1] ?? '', { authMode: 'federated', federationIssuer: company.issuer, federationClientId: company.clientId, federationClientSecret: company.clientSecret }, port);
});
afterAll(async () => {
  await Promise.all([here.close(), federated.close(), issuer.stop(), company.close()]);
  rmSync(root, { recursive: true });
});

/** As people read it, and as the library keeps it. */
function keepUserCode({ user_code: code }: Record<string, unknown>): string {
  canaries.keep('user code', String(code).replace('-', ''));
  return canaries.keep('user code', code);
}

async function aDevice(): Promise<void> {
  const { id } = await registerClient(here.url, { name: 'Television', grants: [DEVICE_GRANT, 'authorization_code'] });
  const device = await postForm(`${here.url}/oauth/device_authorization`, { client_id: id, scope: 'mcp' });
  const code = canaries.keep('device code', device['device_code']);
  const { account } = await here.person('with a device');
  const browser = new CookieBrowser();
  await browser.open(`${here.url}/oauth/device`);
  await browser.submit({ user_code: keepUserCode(device) });
  await browser.submit({ confirm: 'yes' });
  await browser.submit({ login: account.login, password: account.password, decision: 'sign_in' });
  await browser.submit({ decision: 'approve' });
  canaries.watch(browser);
  keepTokens(await postForm(`${here.url}/oauth/token`, { grant_type: DEVICE_GRANT, client_id: id, device_code: code }));
  const second = await postForm(`${here.url}/oauth/device_authorization`, { client_id: id, scope: 'mcp' });
  canaries.keep('device code', second['device_code']);
  keepUserCode(second);
}

/** A pushed request, and with the token that comes of it a ticket for a stream. */
async function aPushedRequest(): Promise<void> {
  const client = await registerClient(here.url);
  const { request_uri: uri } = await postForm(`${here.url}/oauth/par`, new URL(client.authorizeUrl()).searchParams);
  canaries.keep('request URI', String(uri).split(':').at(-1));
  const person = await here.person('with a pushed request');
  const back = await person.agree(new URL(`${here.url}/oauth/authorize?client_id=${client.id}&request_uri=${encodeURIComponent(String(uri))}`));
  canaries.watch(person.browser);
  const tokens = z.record(z.string(), z.unknown()).parse(await (await client.redeem(back)).json());
  keepTokens(tokens);
  const { text } = await send(`${here.url}/stream-tickets`, { headers: { authorization: `Bearer ${String(tokens['access_token'])}` } });
  const { ticket }: { ticket: string } = JSON.parse(text);
  const stream = await EventStream.open(`${here.url}/sse?ticket=${encodeURIComponent(canaries.keep('stream ticket', ticket))}`);
  expect(stream.status).toBe(200);
  stream.close();
}

async function anAssertion(): Promise<void> {
  const mint = new TokenMint(issuer.url, here.url, aSigningKey('their-key'));
  issuer.keys = [mint.key];
  const { account } = await here.person('somebody else vouches for');
  await here.app.get<UserStore>(UserStore, { strict: false }).link(account.id, { issuer: issuer.url, subject: 'anna' });
  const { client, secret = '' } = await here.app.get(ClientRegistry, { strict: false }).create({ name: 'Assistant', grants: [ASSERTION_GRANT], authentication: 'client_secret_basic', scopes: ['mcp'] });
  const assertion = canaries.keep('assertion', mint.mint({ client_id: client.clientId, resource: `${here.url}/mcp`, jti: randomUUID() }, { typ: 'oauth-id-jag+jwt' }));
  keepTokens(await postForm(`${here.url}/oauth/token`, { grant_type: ASSERTION_GRANT, assertion }, { authorization: basic(client.clientId, secret) }));
}

async function theCompany(): Promise<void> {
  canaries.keep('federated client secret', company.clientSecret);
  company.person = { sub: 'anna', claims: { name: 'Anna', roles: ['analyst'] } };
  const client = await registerClient(federated.url);
  const browser = new CookieBrowser();
  browser.follows.add(company.issuer).add(federated.url);
  await browser.open(client.authorizeUrl());
  await browser.submit({ decision: 'sign_in' });
  await browser.submit({ decision: 'approve' });
  canaries.watch(browser);
  keepTokens(z.record(z.string(), z.unknown()).parse(await (await client.redeem(browser.away)).json()));
  const [given] = z.array(z.object({ access_token: z.string(), id_token: z.string() })).min(1).parse(company.given);
  canaries.keep('access token of the company', given?.access_token);
  canaries.keep('ID token of the company', given?.id_token);
  const arrival = browser.traffic.find(({ url }) => url.startsWith(`${federated.url}/oauth/federation/callback`));
  canaries.keep('code of the company', new URL(arrival?.url ?? '').searchParams.get('code'));
}

describe('whichever way somebody came in, no secret of it is', () => {
  it('missing in this test: all kinds were used, well and badly', async () => {
    for (const way of [aDevice, aPushedRequest, anAssertion, theCompany]) await way();
    await Promise.all([...canaries.oneOfEach().values()].flatMap((secret) => [here, federated].map(({ url }) => canaries.misuse(url, secret))));
    expect([...canaries.kinds]).toEqual(expect.arrayContaining([
      'device code', 'user code', 'request URI', 'stream ticket', 'assertion', 'federated client secret', 'access token of the company', 'ID token of the company', 'code of the company',
    ]));
    for (const event of ['signin.succeeded', 'federation.person_met', 'credential.refused', 'oauth.token_refused']) expect(canaries.lines.join('')).toContain(event);
  });

  it('in any line of the log, at its most talkative', () => {
    expect(canaries.foundIn(canaries.lines)).toEqual([]);
  });

  it('in any refusal, header or page, but the code a person compares with the device', () => {
    expect(canaries.foundIn(canaries.shown, 'user code')).toEqual([]);
  });

  it('in any address a browser was sent to, but codes', () => {
    expect(canaries.locations.length).toBeGreaterThan(10);
    expect(canaries.foundIn(canaries.locations)).toEqual([]);
  });

  it('in the files of either database', () => {
    for (const directory of directories) {
      expect(dumpOf(directory)).toContain('RefreshToken');
      expect(canaries.found(dumpOf(directory))).toEqual([]);
    }
  });
});
