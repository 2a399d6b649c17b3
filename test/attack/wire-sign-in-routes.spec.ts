/** The routes of the sign-in and the pages, with bodies and addresses nobody would send: refused as the client's fault, each and every one (rows A3, A4, A6, A10, A16). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../support/http-process.js';
import { send } from '../support/http-mcp.js';
import { exchange, head } from '../support/http-raw.js';

let house: ServerProcess & { url: string };
beforeAll(async () => {
  house = await ServerProcess.start({ GATEHOUSE_AUTH_MODE: 'embedded', DATABASE_URL: 'sqlite::memory:', GATEHOUSE_REGISTRATIONS_PER_MINUTE: '1000' });
});
afterAll(() => house.kill());
afterEach(async () => {
  const { status } = await send(`${house.url}/health`, { method: 'GET' });
  if (status !== 200 || /^\{"level":[56]0|^[^{]/m.test(house.errors)) throw new Error(`The server answers ${status}: ${house.errors}`);
});

const JSON_TYPE = 'Content-Type: application/json';
const FORM = 'Content-Type: application/x-www-form-urlencoded';
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const encoded = (text: string): string => Buffer.from(text).toString('base64url');
const CLIENT = '"redirect_uris":["http://localhost/callback"]';

/** What a refusal may be: the client's fault, in few words, with nothing of ours in them. */
async function expectRefused(bytes: string | Buffer): Promise<void> {
  const { status, body } = await exchange(house.url, bytes);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(body).not.toMatch(/node_modules|\bat \S+ \(|\.[jt]s:\d/);
}

function post(path: string, body: string | Buffer, ...lines: string[]): Buffer {
  return Buffer.concat([Buffer.from(head([`POST ${path} HTTP/1.1`, 'Host: localhost', ...lines, `Content-Length: ${Buffer.byteLength(body)}`])), Buffer.from(body)]);
}

describe('a registration that is none', () => {
  it.each<[string, string | Buffer]>([
    ['a list 20,000 deep', nested(20_000)], ['a client whose redirects are 9,000 deep', `{"redirect_uris":${nested(9000)}}`], ['a name that is no text', `{${CLIENT},"client_name":{"a":1}}`],
    ['nothing', ''], ['null', 'null'], ['a number', '5'], ['a byte order mark', `\ufeff{${CLIENT}}`], ['UTF-16', Buffer.from(`{${CLIENT}}`, 'utf16le')], ['a byte that UTF-8 does not have', Buffer.of(0x7b, 0xff, 0x7d)],
    ['a text cut short', `{${CLIENT}`], ['a prototype for a client', `{"__proto__":{${CLIENT}}}`], ['only a constructor', '{"constructor":{"prototype":{"redirect_uris":[]}}}'],
  ])('%s is refused (A4, A6)', async (_what, body) => {
    expect.hasAssertions();
    await expectRefused(post('/oauth/register', body, JSON_TYPE));
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', ''])('of the type "%s" is refused (A10)', async (type) => {
    expect.hasAssertions();
    await expectRefused(post('/oauth/register', `{${CLIENT}}`, `Content-Type: ${type}`));
  });
});

const routes = ['/oauth/token', '/oauth/revoke', '/oauth/introspect', '/oauth/par', '/oauth/device_authorization', '/oauth/userinfo', '/account/sign-in', '/account/password', '/oauth/interaction/none'];
const forms: [what: string, body: string, ...lines: string[]][] = [
  ['broken escapes', 'grant_type=%zz&client_id=%ff%c0%af', FORM], ['NUL', 'grant_type=refresh_token&refresh_token=%00&client_id=%00&token=%00&login=%00&password=%00', FORM],
  ['members twice', 'grant_type=a&grant_type=b&client_id=a&client_id=b', FORM], ['members of prototypes', '__proto__[x]=1&constructor=1&__proto__=1&a[b][c]=1', FORM],
  ['9,000 members', Array.from({ length: 9000 }, (_, index) => `a${index}=1`).join('&'), FORM], ['JSON', '{"grant_type":"authorization_code"}', JSON_TYPE], ['text', 'grant_type=a', 'Content-Type: text/plain'],
  ['another character set', 'grant_type=a', `${FORM}; charset=utf-16`], ['a compressed form', 'grant_type=a', FORM, 'Content-Encoding: gzip'], ['bytes of an assertion', `client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=${encoded(nested(9000))}.${encoded(nested(9000))}.x`, FORM],
  ['a credential that is none', 'grant_type=client_credentials', FORM, 'Authorization: Basic AAAA'], ['a credential of broken escapes', 'grant_type=client_credentials', FORM, `Authorization: Basic ${Buffer.from('%zz:%ff').toString('base64')}`], ['a proof that is none', 'grant_type=client_credentials', FORM, 'DPoP: a.b.c'],
];

describe.each(routes)('a form for %s', (route) => {
  it.each(forms)('with %s is refused (A3, A6, A10)', async (_what, body, ...lines) => {
    expect.hasAssertions();
    await expectRefused(post(route, body, ...lines));
  });
});

describe('an address that cannot be decoded', () => {
  it.each(['/oauth/interaction/%zz', '/oauth/interaction/%ff', '/messages/%zz', '/.well-known/oauth-protected-resource/%c0%af', '/account/%', '/%', '/oauth/authorize/%zz'])('%s is 400 in our own words, which do not repeat it (A16)', async (path) => {
    for (const method of ['GET', 'POST']) {
      const { status, body } = await exchange(house.url, head([`${method} ${path} HTTP/1.1`, 'Host: localhost', 'Content-Length: 0']));
      expect({ method, status, message: JSON.parse(body).error.message }).toEqual({ method, status: 400, message: 'The request target cannot be decoded' });
    }
  });

  it.each(['/oauth/authorize?client_id=%ff&x=%zz', '/oauth/authorize?client_id=%00&redirect_uri=%00', '/oauth/authorize?client_id=https://%00/a&request=x&request_uri=y', '/oauth/interaction/%00', '/account/return?state=%zz'])('%s is refused', async (target) => {
    expect.hasAssertions();
    await expectRefused(head([`GET ${target} HTTP/1.1`, 'Host: localhost', 'Cookie: _interaction=%ff; __Host-gatehouse_session=%zz']));
  });
});
