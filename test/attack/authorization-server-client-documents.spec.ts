import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ProviderHolder } from '../../src/auth/authorization-server/provider-holder.js';
import { isSpecialUse } from '../../src/auth/authorization-server/special-use.js';
import { DocumentHost, openSink, TestNetwork } from '../support/document-host.js';
import { OAuthClient, claimsOf, postForm } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
let host: DocumentHost;
const network = new TestNetwork();
beforeAll(async () => {
  server = await OAuthServer.start({ network });
  host = await DocumentHost.start(network);
});
afterAll(async () => {
  await server.close();
  await host.close();
});
let counter = 0;
beforeEach(() => {
  host.serve();
  host.hits = 0;
  network.asked.length = 0;
  counter++;
});

const ask = async (clientId: string, redirect?: string): Promise<{ status: number; page: string; away: URL | undefined }> => {
  const client = new OAuthClient(server.url, clientId, redirect);
  return client.browser.follow(client.authorizationUrl());
};
const fresh = (): string => `${host.origin}/client-${counter}.json`;

describe('a client introduces itself by the address of a document (checklist 26, contract line 6)', () => {
  it('signs a person in and redeems its code, on any loopback port', async () => {
    const client = new OAuthClient(server.url, fresh(), 'http://127.0.0.1:51234/callback');
    const tokens = await client.signIn();
    expect(claimsOf(tokens.access_token)).toMatchObject({ client_id: client.clientId, scope: 'mcp' });
    expect(await client.refresh(tokens.refresh_token)).toMatchObject({ status: 200 });
    expect(host.hits).toBe(1);
  });

  it('is asked for again when its document has grown old, and not before', async () => {
    host.serve({}, { 'Cache-Control': 'public, max-age=60' });
    for (let count = 0; count < 3; count++) expect((await ask(fresh())).away).toBeDefined();
    expect(host.hits).toBe(1);
  });

  it('is known to our own pages as well', async () => {
    const { provider } = server.app.get(ProviderHolder, { strict: false });
    expect(await provider.Client.find(fresh())).toMatchObject({ clientName: 'Document client' });
  });

  it('keeps to the addresses in its document', async () => {
    expect(await ask(fresh(), 'https://evil.example/callback')).toMatchObject({ status: 400, away: undefined });
  });

  it.each<[string, Record<string, unknown>]>([
    ['another id', { client_id: 'https://client.example/other' }],
    ['no name (pitfall 11)', { client_name: undefined }],
    ['an empty name', { client_name: '  ' }],
    ['no redirect address', { redirect_uris: undefined }],
    ['a redirect address over plain http', { redirect_uris: ['http://app.example/cb'] }],
    ['a secret', { client_secret: 'x' }],
    ['a method that needs a shared secret', { token_endpoint_auth_method: 'client_secret_basic' }],
    ['machine grants alone (critical pitfall 1)', { grant_types: ['client_credentials'], response_types: [] }],
  ])('is refused with %s', async (_name, changes) => {
    host.serve(changes);
    expect(await ask(fresh())).toMatchObject({ status: 400, away: undefined });
  });

  it('never gets a token for itself, whatever its document claims (critical pitfall 1)', async () => {
    host.serve({ grant_types: ['authorization_code', 'client_credentials'], token_endpoint_auth_method: 'none', gatehouse_scopes: ['mcp'] });
    const answer = await postForm(`${server.url}/oauth/token`, { grant_type: 'client_credentials', client_id: fresh(), scope: 'mcp' });
    expect(answer.status).toBe(400);
    expect(answer.access_token).toBeUndefined();
  });
});

describe('a document must be plain, small and quick', () => {
  it.each<[string, (host: DocumentHost) => void]>([
    ['a redirect', (at) => { at.answer = (_request, response) => response.writeHead(302, { Location: `${at.origin}/elsewhere` }).end(); }],
    ['not found', (at) => { at.answer = (_request, response) => response.writeHead(404).end('{}'); }],
    ['more than five kilobytes', (at) => at.serve({ client_name: 'x'.repeat(6000) })],
    ['a lie about its length', (at) => { at.answer = (_request, response) => { response.writeHead(200, { 'Transfer-Encoding': 'chunked' }); for (let count = 0; count < 100; count++) response.write('x'.repeat(1024)); response.end(); }; }],
    ['no JSON', (at) => { at.answer = (_request, response) => response.end('<html>'); }],
    ['a list', (at) => { at.answer = (_request, response) => response.end('[]'); }],
  ])('%s is refused', async (_name, prepare) => {
    prepare(host);
    expect(await ask(fresh())).toMatchObject({ status: 400, away: undefined });
    expect(host.hits).toBe(1);
  });

  it('a silent host is given up in three seconds', async () => {
    host.answer = () => undefined;
    const before = performance.now();
    expect(await ask(fresh())).toMatchObject({ status: 400 });
    expect(performance.now() - before).toBeLessThan(4000);
  });

  it('a host that drips is given up in three seconds', async () => {
    host.answer = (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(drip));
    };
    const before = performance.now();
    expect(await ask(fresh())).toMatchObject({ status: 400 });
    expect(performance.now() - before).toBeLessThan(4000);
  });
});

describe('the outside cannot make us call the inside (promise P8, checklist 27, pitfall 14)', () => {
  const INSIDE = [
    '127.0.0.1', '127.8.8.8', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255',
    '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.9', '::1', '::', 'fe80::1', 'fc00::1', 'fd12::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1',
    '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1', '2001::1', '100::1', 'not-an-address', 'fe80::1%eth0',
  ];

  it.each(INSIDE)('nothing is fetched from %s, whatever its name', async (address) => {
    expect(isSpecialUse(address)).toBe(true);
    network.names.set('inside.example', [[address]]);
    expect(await ask('https://inside.example/client.json')).toMatchObject({ status: 400, away: undefined });
  });

  it.each(['8.8.8.8', '93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'])('%s is outside', (address) => {
    expect(isSpecialUse(address)).toBe(false);
  });

  it('one address inside condemns a name that has others', async () => {
    network.names.set('mixed.example', [['127.0.0.2', '10.0.0.1']]);
    expect(await ask(`https://mixed.example:${host.port}/client.json`)).toMatchObject({ status: 400 });
    expect(host.hits).toBe(0);
  });

  it('a name that points outside when asked and inside when called is called outside', async () => {
    const sink = await openSink('127.0.0.1', host.port);
    network.names.set('client.example', [['127.0.0.2'], ['127.0.0.1']]);
    const { away } = await ask(fresh());
    expect(away).toBeDefined();
    expect([network.asked.filter((name) => name === 'client.example').length, host.hits, sink.hits()]).toEqual([1, 1, 0]);
    const second = await ask(`${host.origin}/second-${counter}.json`);
    expect([second.status, sink.hits()]).toEqual([400, 0]);
    network.names.set('client.example', [['127.0.0.2']]);
    await sink.close();
  });

  it.each([
    'https://127.0.0.1/client.json', 'https://[::1]/client.json', 'https://0x7f.1/client.json', 'https://2130706433/client.json', 'https://127.1/client.json',
    'https://[::ffff:127.0.0.1]/client.json', 'https://localhost/client.json', 'https://169.254.169.254/latest/meta-data/',
    'https://client.example/', 'https://client.example', 'https://client.example/x/../client.json', 'https://client.example/client.json#x',
    'https://user@client.example/client.json', 'https://client.example/client.json?x=1', 'https://client.example:22/client.json',
    'http://client.example/client.json', 'file:///etc/passwd', 'https://CLIENT.example/client.json', 'https://client.example\\@127.0.0.1/client.json', 'ftp://client.example/x',
  ])('%s is no id', async (id) => {
    const { away, status } = await ask(id);
    expect([away, status]).toEqual([undefined, 400]);
    expect(host.hits).toBe(0);
  });

  it('a key set is fetched by the same rules', async () => {
    network.names.set('keys.example', [['127.0.0.1']]);
    const sink = await openSink('127.0.0.1', 0);
    host.serve({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://keys.example/jwks' });
    const assertion = [{ alg: 'ES256' }, { iss: fresh(), sub: fresh(), aud: server.url, jti: 'x', exp: Date.now() }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const answer = await postForm(`${server.url}/oauth/token`, { grant_type: 'refresh_token', refresh_token: 'x', client_assertion: `${assertion}.AAAA`, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect([network.asked.includes('keys.example'), sink.hits()]).toEqual([true, 0]);
    await sink.close();
  });
});

it('only listed hosts are fetched from, where there is a list', async () => {
  const listed = await OAuthServer.start({ network, settings: { clientDocumentHosts: ['claude.ai'] } });
  const client = new OAuthClient(listed.url, fresh());
  expect((await client.browser.follow(client.authorizationUrl())).status).toBe(400);
  expect([host.hits, network.asked]).toEqual([0, []]);
  await listed.close();
});
