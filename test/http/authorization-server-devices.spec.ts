import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEVICE_GRANT } from '../../src/auth/authorization-server/client-metadata.js';
import { OAuthBrowser } from '../support/oauth-browser.js';
import { claimsOf, postForm, register, type Answer } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

let server: OAuthServer;
let clientId: string;
beforeAll(async () => {
  server = await OAuthServer.start();
  const client = await register(server.url, { client_name: 'Television', redirect_uris: [], response_types: [], grant_types: [DEVICE_GRANT, 'refresh_token'] });
  clientId = client.client_id ?? '';
});
afterAll(() => server.close());
beforeEach(() => {
  server.person = { accountId: 'anna' };
});

const begin = (): Promise<Answer> => postForm(`${server.url}/oauth/device_authorization`, { client_id: clientId, resource: `${server.url}/mcp` });
const poll = (device: Answer): Promise<Answer> => postForm(`${server.url}/oauth/token`, { grant_type: DEVICE_GRANT, device_code: String(device['device_code']), client_id: clientId });
const xsrfIn = (page: string): string => /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? '';

async function enter(browser: OAuthBrowser, device: Answer, choice: Record<string, string>): Promise<string> {
  const shown = await browser.follow(`${server.url}/oauth/device`);
  const typed = await browser.follow(`${server.url}/oauth/device`, { method: 'POST', body: new URLSearchParams({ xsrf: xsrfIn(shown.page), user_code: String(device['user_code']) }) });
  expect(typed.page).toContain('Television');
  const done = await browser.follow(`${server.url}/oauth/device`, { method: 'POST', body: new URLSearchParams({ xsrf: xsrfIn(typed.page), user_code: String(device['user_code']), ...choice }) });
  return done.page;
}

async function tries(browser: OAuthBrowser, code: string, url = server.url) {
  const shown = await browser.follow(`${url}/oauth/device`);
  return browser.follow(`${url}/oauth/device`, { method: 'POST', body: new URLSearchParams({ xsrf: xsrfIn(shown.page), user_code: code }) });
}

describe('a device without a browser is signed in from another (RFC 8628)', () => {
  it('waits, is confirmed, and gets its tokens once', async () => {
    const device = await begin();
    expect(device).toMatchObject({ status: 200, verification_uri: `${server.url}/oauth/device`, user_code: expect.stringMatching(/^\w{4}-\w{4}$/) });
    expect(await poll(device)).toMatchObject({ status: 400, error: 'authorization_pending' });
    expect(await enter(new OAuthBrowser(), device, { confirm: 'yes' })).toBe('done Television');
    const tokens = await poll(device);
    expect(claimsOf(tokens.access_token)).toMatchObject({ sub: 'anna', aud: `${server.url}/mcp`, scope: 'mcp' });
    expect(await poll(device)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('is told when the person says no', async () => {
    const device = await begin();
    expect(await enter(new OAuthBrowser(), device, { abort: 'yes' })).toContain('aborted');
    expect(await poll(device)).toMatchObject({ status: 400, error: 'access_denied' });
  });

  it('shows the code of a complete address in the form, without a script', async () => {
    const device = await begin();
    const answer = await new OAuthBrowser().follow(String(device['verification_uri_complete']));
    expect(answer.page).toContain(`code ${String(device['user_code'])}`);
    expect(answer.page).not.toContain('<script');
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('tells a person about an unknown code, and takes none from another site', async () => {
    const browser = new OAuthBrowser();
    const shown = await browser.follow(`${server.url}/oauth/device`);
    const unknown = await browser.follow(`${server.url}/oauth/device`, { method: 'POST', body: new URLSearchParams({ xsrf: xsrfIn(shown.page), user_code: 'XXXX-XXXX' }) });
    expect(unknown.page).toContain('code_unknown');
    const forged = await browser.follow(`${server.url}/oauth/device`, { method: 'POST', body: new URLSearchParams({ xsrf: 'forged', user_code: 'XXXX-XXXX' }) });
    expect(forged.status).toBe(400);
  });

  it('shows a browser whose session is gone the form once more, and that one works', async () => {
    const [device, browser] = [await begin(), new OAuthBrowser()];
    const typed = (xsrf: string) => browser.follow(`${server.url}/oauth/device`, { method: 'POST', body: new URLSearchParams({ xsrf, user_code: String(device['user_code']) }) });
    const late = await typed('of a session that is gone');
    expect([late.status, xsrfIn(late.page)]).toEqual([400, expect.stringMatching(/./)]);
    expect((await typed(xsrfIn(late.page))).page).toContain('confirm');
    expect((await new OAuthBrowser().follow(`${server.url}/oauth/device/unknown`)).status).toBe(400);
  });

  it('lets a whole office enter codes', async () => {
    for (let round = 0; round < 32; round += 1) expect((await tries(new OAuthBrowser(), String((await begin())['user_code']))).page).toContain('confirm');
  });

  it('makes whoever guesses codes wait longer each time, per browser (RFC 8628 §5.1)', async () => {
    const device = await begin();
    const [guesser, other] = [new OAuthBrowser(), new OAuthBrowser()];
    const statuses = [];
    for (let round = 0; round < 8; round += 1) statuses.push((await tries(guesser, 'YYYY-YYYY')).status);
    expect(statuses.indexOf(429)).toBe(5);
    expect(await tries(guesser, String(device['user_code']))).toMatchObject({ status: 429, page: expect.stringContaining('temporarily_unavailable') });
    expect((await tries(other, String(device['user_code']))).page).toContain('confirm');
    server.clock.ahead = 2000;
    expect((await tries(guesser, String(device['user_code']))).page).toContain('confirm');
    expect((await tries(guesser, 'YYYY-YYYY')).page).toContain('code_unknown');
    expect((await tries(guesser, 'YYYY-YYYY')).headers.get('retry-after')).toBe('2');
    server.clock.ahead = 0;
  });

  it('makes a network wait, whatever cookies it throws away', async () => {
    const strict = await OAuthServer.start();
    const statuses = [];
    for (let round = 0; round < 32; round += 1) statuses.push((await tries(new OAuthBrowser(), 'ZZZZ-ZZZZ', strict.url)).status);
    expect([statuses.indexOf(429), statuses.at(-1)]).toEqual([30, 429]);
    await strict.close();
  });

  it('is given up after ten minutes', async () => {
    const device = await begin();
    server.clock.ahead = 601_000;
    expect((await poll(device)).error).toMatch(/invalid_grant|expired_token/);
    server.clock.ahead = 0;
  });
});
