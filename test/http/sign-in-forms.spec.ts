import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Grants } from '../../src/auth/authorization-server/grants.js';
import { CookieBrowser } from '../support/browser.js';
import { registerClient, signIn, startSignInServer, type SignInServer, type TestClient } from '../support/sign-in-server.js';

type Person = Awaited<ReturnType<SignInServer['person']>>;

let server: SignInServer;
let client: TestClient;
let anna: Person;

const grantsOf = ({ id }: Person) => server.app.get(Grants).of(id);
const tokenOf = (browser: CookieBrowser): string => /name="token" value="([^"]+)"/.exec(browser.page.text)?.[1] ?? '';

beforeAll(async () => {
  server = await startSignInServer();
  client = await registerClient(server.url, { name: 'Claude <b>Desktop</b>' });
});
afterAll(() => server.close());
beforeEach(async ({ task }) => {
  anna = await server.person(`anna ${task.id}`);
});

describe('a person lets a client in', () => {
  it('by signing in and agreeing, and the client gets a token', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    expect(browser.title).toBe('Allow access?');
    // Also where a client did not ask for offline_access: whoever may refresh gets a refresh token.
    expect(browser.page.text).toContain('It keeps this access, without asking again, until you take it back');
    await browser.submit({ decision: 'approve' });
    expect(browser.away.href).toMatch(/^http:\/\/127\.0\.0\.1:9\/callback\?/);
    expect(Object.fromEntries(browser.away.searchParams)).toMatchObject({ state: 'its own state', iss: server.url });
    const answer = await client.redeem(browser.away);
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', scope: 'mcp' });
  });

  it('or does not, and the client is told so', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    await browser.submit({ decision: 'deny' });
    expect(browser.away.searchParams.get('error')).toBe('access_denied');
    const other = new CookieBrowser();
    await other.open(client.authorizeUrl());
    await other.submit({ decision: 'cancel' });
    expect(other.away.searchParams.get('error')).toBe('access_denied');
    expect(await grantsOf(anna)).toEqual([]);
  });

  it('to some of what it asked for', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna, 'mcp files:write');
    await browser.submit({ scope: ['mcp'], decision: 'approve' });
    expect(await (await client.redeem(browser.away)).json()).toMatchObject({ scope: 'mcp' });
  });

  it('but not to nothing at all', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    await browser.submit({ scope: [], decision: 'approve' });
    expect(browser.page.status).toBe(422);
    expect(browser.page.text).toContain('Choose at least one permission');
  });

  it('and not to more than their roles allow, whatever the form says', async () => {
    const reader = await server.person('rita', ['reader']);
    const browser = new CookieBrowser();
    await signIn(browser, client, reader, 'mcp files:write');
    expect(browser.page.text).toContain('Your account cannot allow everything it asks for');
    await browser.submit({ scope: ['mcp', 'files:write', 'admin'], decision: 'approve' });
    expect(await (await client.redeem(browser.away)).json()).toMatchObject({ scope: 'mcp' });
  });

  it('with one press of the button, even where it was pressed twice', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    const [once, twice] = [browser.clone(), browser.clone()];
    const form = { token: tokenOf(browser), scope: 'mcp', decision: 'approve' };
    await Promise.all([once.post(browser.page.url, form), twice.post(browser.page.url, form)]);
    expect([once, twice].filter(({ page }) => page.headers.get('location')?.includes('code='))).not.toEqual([]);
  });
});

describe('a consent form counts only where the person sent it (F8)', () => {
  it('not from another site', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    const form = { token: tokenOf(browser), scope: 'mcp', decision: 'approve' };
    expect(await browser.clone().post(browser.page.url, form, 'cross-site')).toMatchObject({ status: 403 });
    const foreign = new CookieBrowser({ origin: 'https://evil.example' });
    foreign.cookies = [...browser.cookies];
    expect(await foreign.post(browser.page.url, form, 'unsaid')).toMatchObject({ status: 403 });
    expect(await grantsOf(anna)).toEqual([]);
  });

  it.each([['no token', ''], ['a token of nobody', 'A'.repeat(43)], ['something else', '<b>']])('not with %s', async (_what, token) => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    await browser.submit({ token, decision: 'approve' });
    expect(browser.page.status).toBe(403);
    expect(await grantsOf(anna)).toEqual([]);
  });

  it('not with the token of another session, nor of another step of this one', async () => {
    const [mine, other] = [new CookieBrowser(), new CookieBrowser()];
    await mine.open(client.authorizeUrl());
    const earlier = tokenOf(mine);
    await mine.submit({ ...anna, decision: 'sign_in' });
    await signIn(other, client, anna);
    for (const token of [earlier, tokenOf(other)]) {
      expect(await mine.clone().post(mine.page.url, { token, scope: 'mcp', decision: 'approve' })).toMatchObject({ status: 403 });
    }
    expect(await grantsOf(anna)).toEqual([]);
  });

  it('not without the cookie of the interaction, nor with that of another', async () => {
    const [mine, other] = [new CookieBrowser(), new CookieBrowser()];
    await signIn(mine, client, anna);
    await signIn(other, client, anna);
    const form = { token: tokenOf(mine), scope: 'mcp', decision: 'approve' };
    expect(await new CookieBrowser().post(mine.page.url, form)).toMatchObject({ status: 403 });
    other.cookies = other.cookies.map((cookie) => ({ ...cookie, path: cookie.path.startsWith('/oauth/interaction') ? new URL(mine.page.url).pathname : cookie.path }));
    expect(await other.post(mine.page.url, form)).toMatchObject({ status: 403 });
    expect(await grantsOf(anna)).toEqual([]);
  });

  it('not again after it was answered', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    const [url, before] = [browser.page.url, browser.clone()];
    const form = { token: tokenOf(browser), scope: 'mcp', decision: 'approve' };
    await browser.submit({ decision: 'approve' });
    expect(await before.post(url, form)).toMatchObject({ status: 403 });
    expect(await browser.post(url, form)).toMatchObject({ status: 403 });
    expect(await grantsOf(anna)).toHaveLength(1);
  });

  it('not as a link: asking for it with GET only shows the page', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    await browser.open(`${browser.page.url}?token=${tokenOf(browser)}&scope=mcp&decision=approve`);
    expect(browser.title).toBe('Allow access?');
    expect(await grantsOf(anna)).toEqual([]);
  });

  it.each([
    ['as JSON', { 'content-type': 'application/json' }, '{"decision":"approve"}', 415], ['as text', { 'content-type': 'text/plain' }, 'decision=approve', 415],
    ['with a member twice', {}, 'token=a&token=b', 403], ['of a megabyte', {}, `token=${'a'.repeat(1024 ** 2)}`, 413],
  ])('not %s', async (_what, headers, body, status) => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    const cookie = browser.cookieHeader(new URL(browser.page.url).pathname);
    const answer = await fetch(browser.page.url, { method: 'POST', headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers }, body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toContain('text/html');
  });
});

describe('signing in makes a new session (F9)', () => {
  it('under a new id: the one the browser came with is dead', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    await browser.submit({ decision: 'approve' });
    const planted = browser.cookie('gatehouse_session');
    const attacker = browser.clone();
    await browser.open(`${client.authorizeUrl()}&prompt=login`);
    await browser.submit({ ...anna, decision: 'sign_in' });
    expect(browser.cookie('gatehouse_session')).not.toBe(planted);
    await attacker.open(client.authorizeUrl());
    expect(attacker.title).toBe('Sign in');
  });

  it('whose cookies no script reads and no other site sends', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    for (const { raw } of browser.cookies) expect(raw).toMatch(/httponly.*samesite=lax|samesite=lax.*httponly/i);
  });
});

describe('pages of signing in', () => {
  it('cannot be framed, run no script, are kept nowhere, and say where a form comes from (F10)', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    await browser.open(`${server.url}/account/sign-in`);
    await browser.open(`${server.url}/oauth/device`);
    await browser.open(`${server.url}/oauth/interaction/unknown`);
    const pages = browser.traffic.filter(({ headers }) => headers.get('content-type')?.startsWith('text/html'));
    expect(pages.length).toBeGreaterThanOrEqual(4);
    for (const { headers, text } of pages) {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|form-action|script-src (?!'none')/);
      expect(headers.get('cache-control')).toContain('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(text).not.toMatch(/<script|\son\w+=|style="/i);
    }
  });

  it('send the browser on with 303 and nothing else (F12)', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    await browser.submit({ decision: 'approve' });
    const redirects = browser.traffic.filter(({ status }) => status >= 300 && status < 400);
    expect(redirects.length).toBeGreaterThanOrEqual(5);
    expect(new Set(redirects.map(({ status }) => status))).toEqual(new Set([303]));
  });

  it('show the name of a client as text, marked as unverified, beside where the answer goes (F15)', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    const { text } = browser.page;
    expect(text).toContain('“Claude &lt;b&gt;Desktop&lt;/b&gt;” <small class="dim">(unverified');
    expect(text).toContain('127.0.0.1:9');
    expect(text).toContain('Only go on if you started this yourself');
  });

  it('do not warn of loopback where the answer goes to a host, and name the scheme where it goes to a program', async () => {
    const [web, program] = await Promise.all([
      registerClient(server.url, { redirectUri: 'https://claude.ai/api/mcp/auth_callback' }), registerClient(server.url, { redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback' }),
    ]);
    const browser = new CookieBrowser();
    await signIn(browser, web, anna);
    expect(browser.page.text).toContain('claude.ai');
    expect(browser.page.text).not.toContain('Only go on if you started this yourself');
    await browser.open(program.authorizeUrl());
    expect(browser.page.text).toContain('cursor:');
    await browser.submit({ decision: 'approve' });
    expect(browser.away.href).toMatch(/^cursor:\/\/anysphere\.cursor-mcp\/oauth\/callback\?/);
  });

  it('say so when nobody waits any more', async () => {
    const browser = new CookieBrowser();
    await browser.open(`${server.url}/oauth/interaction/unknown`);
    expect(browser.page).toMatchObject({ status: 400 });
    expect(browser.page.text).toContain('no longer open');
  });
});
