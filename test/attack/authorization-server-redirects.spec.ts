import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OAuthClient, register } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
const clients = new Map<string, string>();
const REGISTERED = ['https://app.example/cb', 'https://app.example/cb?fixed=1', 'http://127.0.0.1/callback', 'http://localhost:3000/cb', 'http://[::1]/cb', 'cursor://editor/callback'];
beforeAll(async () => {
  server = await OAuthServer.start();
  for (const uri of REGISTERED) clients.set(uri, (await register(server.url, { redirect_uris: [uri] })).client_id ?? '');
});
afterAll(() => server.close());

// From published advisories on redirect matching, one trick each.
const TRICKS: [string, string[]][] = [
  ['https://app.example/cb', [
    'https://app.example/cb/', 'https://app.example/cb/more', 'https://app.example/cbx', 'https://app.example/CB', 'https://APP.example/cb', 'HTTPS://app.example/cb',
    'https://app.example/cb?x=1', 'https://app.example/cb?', 'https://app.example/cb#x', 'https://app.example/cb#', 'https://app.example:443/cb', 'https://app.example:8443/cb',
    'https://app.example.evil.example/cb', 'https://evil-app.example/cb', 'https://sub.app.example/cb', 'https://app.example@evil.example/cb', 'https://user@app.example/cb',
    'https://evil.example\\@app.example/cb', 'https://app.example\\.evil.example/cb', 'https:\\\\app.example\\cb', 'https:/app.example/cb', 'https:app.example/cb', '//app.example/cb',
    'https://app.example/x/../cb', 'https://app.example/x/..%2fcb', 'https://app.example/%2e%2e/cb', 'https://app.example/cb%00', 'https://app.example/cb%0d%0aLocation:%20x', 'https://app.example/cb\t',
    ' https://app.example/cb', 'https://app.example/cb ', 'http://app.example/cb', 'https://xn--pp-xia.example/cb', 'https://аpp.example/cb', 'https://app.example./cb',
    'javascript:alert(1)', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', 'about:blank', 'null', '*', 'https://*/cb', '/cb', 'cb',
  ]],
  ['https://app.example/cb?fixed=1', ['https://app.example/cb', 'https://app.example/cb?fixed=2', 'https://app.example/cb?fixed=1&fixed=2', 'https://app.example/cb?FIXED=1']],
  ['http://127.0.0.1/callback', [
    'http://127.0.0.1/other', 'https://127.0.0.1/callback', 'http://localhost/callback', 'http://127.0.0.2/callback', 'http://127.1/callback', 'http://0x7f.0.0.1/callback', 'http://2130706433/callback',
    'http://127.0.0.1.evil.example/callback', 'http://127.0.0.1:80@evil.example/callback', 'http://127.0.0.1:1/callback?x', 'http://127.0.0.1:1/callback#x', 'http://127.0.0.1:x/callback', 'http://127.0.0.1:/../callback', 'http://user@127.0.0.1:5000/callback',
  ]],
  ['http://localhost:3000/cb', ['http://localhost.evil/cb', 'http://localhost.evil.example:3000/cb', 'http://localhost:3000.evil.example/cb', 'http://127.0.0.1:3000/cb', 'http://LOCALHOST.evil:3000/cb', 'http://localhost:3000\\@evil.example/cb']],
  ['http://[::1]/cb', ['http://[::1%25eth0]/cb', 'http://[::2]/cb', 'http://[0:0:0:0:0:0:0:1].evil.example/cb', 'http://[::ffff:127.0.0.1]/cb']],
  ['cursor://editor/callback', ['cursor://editor/callback/', 'cursor://editor', 'cursor://evil/callback', 'CURSOR://editor/callback', 'cursor:editor/callback', 'cursors://editor/callback', 'cursor://editor:1/callback']],
];

describe('a code goes only where the client registered, character by character (row F1, checklist 28, 29)', () => {
  it.each(TRICKS.flatMap(([registered, tricks]) => tricks.map((trick) => [registered, trick] as const)))('for %s not to "%s": an error page, no redirect', async (registered, trick) => {
    const client = new OAuthClient(server.url, clients.get(registered) ?? '', trick);
    const answer = await client.browser.open(client.authorizationUrl());
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('not to a second address beside a good one', async () => {
    const client = new OAuthClient(server.url, clients.get('https://app.example/cb') ?? '', 'https://app.example/cb');
    const answer = await client.browser.open(`${client.authorizationUrl()}&redirect_uri=${encodeURIComponent('https://evil.example/cb')}`);
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  });

  it.each(['http://127.0.0.1/callback', 'http://127.0.0.1:80/callback', 'http://127.0.0.1:49152/callback', 'http://127.0.0.1:65535/callback'])('on loopback the port may vary: %s', async (uri) => {
    const client = new OAuthClient(server.url, clients.get('http://127.0.0.1/callback') ?? '', uri);
    const away = await client.authorize();
    expect([away.hostname, away.pathname, away.searchParams.has('code')]).toEqual(['127.0.0.1', '/callback', true]);
  });

  it.each(['http://localhost:3000/cb', 'http://localhost:9999/cb'])('and where a port was registered too: %s', async (uri) => {
    const client = new OAuthClient(server.url, clients.get('http://localhost:3000/cb') ?? '', uri);
    expect((await client.authorize()).href.startsWith(`${uri}?`)).toBe(true);
  });

  it('keeps the query that was registered', async () => {
    const uri = 'https://app.example/cb?fixed=1';
    const away = await new OAuthClient(server.url, clients.get(uri) ?? '', uri).authorize();
    expect([away.searchParams.get('fixed'), away.searchParams.has('code')]).toEqual(['1', true]);
  });

  it('never leaves an unknown client\'s page either', async () => {
    const client = new OAuthClient(server.url, 'dcr_unknown', 'https://app.example/cb');
    const answer = await client.browser.open(client.authorizationUrl());
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  });

  it('leaves for a registered address after signing out, and for no other', async () => {
    const { client_id: id = '' } = await register(server.url, { redirect_uris: ['https://app.example/cb'], post_logout_redirect_uris: ['https://app.example/bye'] });
    const answer = await new OAuthClient(server.url, id).browser.open(`${server.url}/oauth/logout?client_id=${id}&post_logout_redirect_uri=${encodeURIComponent('https://evil.example/')}`);
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  });
});
