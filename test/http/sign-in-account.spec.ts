import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FirstAdmin } from '../../src/auth/first-admin.js';
import { OidcModelStore } from '../../src/auth/oidc-models.port.js';
import { CookieBrowser } from '../support/browser.js';
import { registerClient, signIn, startSignInServer, type SignInServer, type TestClient } from '../support/sign-in-server.js';

type Person = Awaited<ReturnType<SignInServer['person']>>;

let server: SignInServer;
let client: TestClient;
let anna: Person;

beforeAll(async () => {
  server = await startSignInServer();
  client = await registerClient(server.url, { name: 'Reporting' });
});
afterAll(() => server.close());
beforeEach(async ({ task }) => {
  anna = await server.person(`anna-${task.id}`);
});

async function account({ login, password }: Person, returnTo?: string): Promise<CookieBrowser> {
  const browser = new CookieBrowser();
  await browser.open(`${server.url}/account/sign-in${returnTo === undefined ? '' : `?return_to=${encodeURIComponent(returnTo)}`}`);
  await browser.submit({ login, password, decision: 'sign_in' });
  return browser;
}

async function connect(person: Person): Promise<{ browser: CookieBrowser; refreshToken: string }> {
  const browser = new CookieBrowser();
  await signIn(browser, client, person);
  await browser.submit({ decision: 'approve' });
  const body: unknown = await (await client.redeem(browser.away)).json();
  if (typeof body !== 'object' || body === null || !('refresh_token' in body) || typeof body.refresh_token !== 'string') throw new Error('No refresh token');
  return { browser, refreshToken: body.refresh_token };
}

/** Makes whoever writes the session of somebody who is signed in wait, once; a slow database would do the same. */
function holdSessions(): { reached: Promise<void>; release: () => void } {
  const store: OidcModelStore = server.app.get(OidcModelStore);
  const upsert = store.upsert.bind(store);
  const [reached, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = vi.spyOn(store, 'upsert').mockImplementation(async (model) => {
    if (model.model === 'Session' && model.grantId !== undefined) {
      slow.mockRestore();
      reached.resolve();
      await release.promise;
    }
    await upsert(model);
  });
  return { reached: reached.promise, release: release.resolve };
}

function refresh(refreshToken: string): Promise<Response> {
  return fetch(`${server.url}/oauth/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', client_id: client.id, refresh_token: refreshToken }) });
}

describe('the page of connected applications', () => {
  it('is for who has signed in', async () => {
    const browser = new CookieBrowser();
    await browser.open(`${server.url}/account`);
    expect(browser.title).toBe('Sign in');
    const signedIn = await account(anna);
    expect(signedIn.title).toBe('Connected applications');
    expect(signedIn.page.text).toContain('No application may act for you');
  });

  it('shows what was granted to whom, once for each client however often it asked', async () => {
    await connect(anna);
    await connect(anna);
    const { page } = await account(anna);
    expect(page.text.match(/“Reporting”/g)).toHaveLength(1);
    expect(page.text).toContain('(unverified name)');
    expect(page.text).toContain('Use the tools of this server for you');
  });

  it('takes access back at once', async () => {
    const { refreshToken } = await connect(anna);
    const browser = await account(anna);
    await browser.submit({}, '/account/revoke');
    expect(browser.page.text).toContain('Its access is removed');
    expect(browser.page.text).toContain('No application may act for you');
    expect((await refresh(refreshToken)).status).toBe(400);
  });

  it('takes nothing from others, and asks for a token of its own', async () => {
    const bert = await server.person(`${anna.login}-bert`);
    const { refreshToken } = await connect(anna);
    await connect(bert);
    const browser = await account(bert);
    await browser.submit({}, '/account/revoke');
    expect((await refresh(refreshToken)).status).toBe(200);
    const mine = await account(anna);
    expect(await mine.clone().post(`${server.url}/account/revoke`, { client: client.id })).toMatchObject({ status: 403 });
    expect(await mine.clone().post(`${server.url}/account/revoke`, { client: client.id, token: /value="([\w-]{43})"/.exec(browser.page.text)?.[1] })).toMatchObject({ status: 403 });
    expect(await new CookieBrowser().post(`${server.url}/account/revoke`, { client: client.id })).toMatchObject({ status: 403 });
  });

  it('ends with signing out, which also ends the sign-in for applications in this browser', async () => {
    const { browser } = await connect(anna);
    await browser.open(`${server.url}/account`);
    await browser.submit({ ...anna, decision: 'sign_in' });
    const stolen = browser.clone();
    await browser.submit({}, '/account/sign-out');
    expect(browser.title).toBe('Sign in');
    await stolen.open(`${server.url}/account`);
    expect(stolen.title).toBe('Sign in');
    await stolen.open(client.authorizeUrl());
    expect(stolen.title).toBe('Sign in');
  });

  it('does not take over a session that was planted before signing in (F9)', async () => {
    const attacker = await account(await server.person(`${anna.login}-mallory`));
    const victim = attacker.clone();
    await victim.submit({}, '/account/sign-out');
    await victim.submit({ ...anna, decision: 'sign_in' });
    expect(victim.page.text).toContain(anna.login);
    expect(victim.cookie('gatehouse_account')).not.toBe(attacker.cookie('gatehouse_account'));
    await attacker.open(`${server.url}/account`);
    expect(attacker.title).toBe('Sign in');
  });

  it('cannot be signed in to from another site, nor with a form of another browser (F9)', async () => {
    const [mine, other] = [new CookieBrowser(), new CookieBrowser()];
    await mine.open(`${server.url}/account/sign-in`);
    await other.open(`${server.url}/account/sign-in`);
    const token = /name="token" value="([^"]+)"/.exec(other.page.text)?.[1];
    for (const [browser, site] of [[mine, 'same-origin'], [new CookieBrowser(), 'same-origin'], [other, 'cross-site']] as const) {
      expect(await browser.post(`${server.url}/account/sign-in`, { ...anna, token }, site)).toMatchObject({ status: 403 });
      expect(browser.cookie('gatehouse_account')).toBeUndefined();
    }
  });

  it.each(['https://evil.example', '//evil.example', '/\\evil.example', '/%2f%2fevil.example', '/account\r\nSet-Cookie: a=b', '/account/..//evil.example'])(
    'stays here after signing in, whatever return_to says: %j (F11)', async (returnTo) => {
      const browser = await account(anna, returnTo);
      expect(new URL(browser.page.url).href).toBe(`${server.url}/account`);
    });
});

describe('cookies of the pages', () => {
  it('carry the prefix that keeps sub-domains out, wherever the server is reached by https', async () => {
    const secure = await startSignInServer({ publicUrl: 'https://tools.example.com' });
    try {
      const { login, password } = await secure.person('anna');
      const browser = new CookieBrowser();
      await browser.open(`${secure.url}/account/sign-in`);
      await browser.submit({ login, password, decision: 'sign_in' });
      expect(browser.title).toBe('Connected applications');
      for (const { raw } of browser.cookies) expect(raw).toMatch(/^__Host-gatehouse_\w+=[\w.-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/);
      expect(browser.cookies.map(({ name }) => name).toSorted()).toEqual(['__Host-gatehouse_account', '__Host-gatehouse_device']);
    } finally {
      await secure.close();
    }
  });

  it('count only where there is one of a name: a second one was planted', async () => {
    const browser = await account(anna);
    const [mine] = browser.cookies.filter(({ name }) => name === 'gatehouse_account');
    if (mine) browser.cookies.push({ ...mine, value: 'planted' });
    await browser.open(`${server.url}/account`);
    expect(browser.title).toBe('Sign in');
  });
});

describe('changing a password', () => {
  const change = { password: 'a river of quiet words', repeated: 'a river of quiet words' };

  it('goes to the page after signing in', async () => {
    const browser = await account(anna, '/account/password');
    expect(browser.title).toBe('Choose a new password');
  });

  it('asks for the current one and says what is wrong with the new', async () => {
    const browser = await account(anna, '/account/password');
    const attempts = [
      [{ ...change, current: 'not it' }, 'The current password is wrong'],
      [{ ...change, current: anna.password, repeated: 'something else' }, 'differ'],
      [{ current: anna.password, password: 'short', repeated: 'short' }, 'at least 12'],
      [{ current: anna.password, password: anna.password, repeated: anna.password }, 'differs from the one you have'],
    ] as const;
    for (const [form, problem] of attempts) {
      await browser.submit(form);
      expect(browser.page).toMatchObject({ status: 422 });
      expect(browser.page.text).toContain(problem);
    }
  });

  it('ends every other session of the person and keeps this one', async () => {
    const [here, there] = [await account(anna, '/account/password'), await account(anna)];
    await here.submit({ ...change, current: anna.password });
    expect(here.page.text).toContain('Your password is changed');
    await there.open(`${server.url}/account`);
    expect(there.title).toBe('Sign in');
    expect((await account({ ...anna, password: change.password })).title).toBe('Connected applications');
  });

  it('is what a person must do first whose password somebody else chose', async () => {
    const welcome = await server.users.resetPassword(anna.id);
    const browser = new CookieBrowser();
    await signIn(browser, client, { ...anna, password: welcome?.oneTimePassword ?? '' });
    expect(browser.title).toBe('Choose a new password');
    const stolen = browser.clone();
    const form = browser.page;
    await browser.submit({ password: 'short', repeated: 'short', decision: 'change' });
    expect(browser.page.status).toBe(422);
    await browser.submit({ ...change, decision: 'change' });
    expect(browser.title).toBe('Allow access?');
    const ticket = /name="ticket" value="([^"]+)"/.exec(form.text)?.[1];
    const token = /name="token" value="([^"]+)"/.exec(form.text)?.[1];
    await stolen.post(form.url, { token, ticket, password: 'another river of words', repeated: 'another river of words', decision: 'change' });
    expect(stolen.page.status).toBe(403);
    expect((await account({ ...anna, password: change.password })).title).toBe('Connected applications');
  });
});

describe('the first administrator', () => {
  it('is made where nobody is, once, with a password that works once', async () => {
    const fresh = await startSignInServer();
    try {
      const ensure = () => fresh.app.get(FirstAdmin).ensure();
      const made = await Promise.all([ensure(), ensure()]);
      const [first, second] = made.filter((admin) => admin !== undefined);
      expect(first).toMatchObject({ login: 'admin' });
      expect(second).toBeUndefined();
      expect(await ensure()).toBeUndefined();
      const browser = new CookieBrowser();
      await browser.open(`${fresh.url}/account/sign-in`);
      await browser.submit({ login: 'admin', password: first?.password, decision: 'sign_in' });
      expect(browser.title).toBe('Choose a new password');
      await browser.open(`${fresh.url}/account`);
      expect(browser.title).toBe('Sign in');
    } finally {
      await fresh.close();
    }
  });

  it('is not made where people sign in elsewhere', async () => {
    const federated = await startSignInServer({ authMode: 'federated', federationIssuer: 'https://login.example.com', federationClientId: 'gatehouse' });
    try {
      expect(await federated.app.get(FirstAdmin).ensure()).toBeUndefined();
    } finally {
      await federated.close();
    }
  });
});

describe('whoever got in with a password', () => {
  it.each([
    ['the operator replaces it', (id: string) => server.users.resetPassword(id)],
    ['it is changed', (id: string) => server.users.setPassword(id, 'a river of quiet words')],
    ['the person is locked out, even when let in again', async (id: string) => {
      await server.users.setDisabled(id, true);
      await server.users.setDisabled(id, false);
    }],
  ])('is out as soon as %s: refresh token, signed-in browser, code and half-finished sign-in', async (_when, act) => {
    const intruder = await connect(anna);
    const code = new CookieBrowser();
    await signIn(code, client, anna);
    await code.submit({ decision: 'approve' });
    const asked = new CookieBrowser();
    await signIn(asked, client, anna);
    await act(anna.id);
    expect((await refresh(intruder.refreshToken)).status).toBe(400);
    expect((await client.redeem(code.away)).status).toBe(400);
    await intruder.browser.open(client.authorizeUrl());
    expect(intruder.browser.title).toBe('Sign in');
    await asked.submit({ decision: 'approve' });
    expect(asked.page.status).toBeGreaterThanOrEqual(400);
  });

  it('is out when its owner changes it on the account page, where no application stays connected', async () => {
    const intruder = await connect(anna);
    const here = await account(anna, '/account/password');
    await here.submit({ current: anna.password, password: 'a river of quiet words', repeated: 'a river of quiet words' });
    expect(here.page.text).toContain('No application may act for you');
    expect((await refresh(intruder.refreshToken)).status).toBe(400);
    await intruder.browser.open(client.authorizeUrl());
    expect(intruder.browser.title).toBe('Sign in');
  });

  it('cannot keep a finished sign-in for later', async () => {
    const held = new CookieBrowser();
    held.stopsBefore = `${server.url}/oauth/authorize/`;
    await signIn(held, client, anna);
    const later = held.away.href;
    expect(later.startsWith(held.stopsBefore)).toBe(true);
    await server.users.resetPassword(anna.id);
    await held.open(later);
    expect(held.page.status).toBe(400);
    await held.open(client.authorizeUrl());
    expect(held.title).toBe('Sign in');
  });

  it.each([
    ['a request of their browser', true, (browser: CookieBrowser) => browser.open(client.authorizeUrl())],
    ['their sign-in', false, (browser: CookieBrowser) => signIn(browser, client, anna)],
  ])('is out although %s was under way at that moment, and ended later', async (_what, isSignedIn, act) => {
    const browser = isSignedIn ? (await connect(anna)).browser : new CookieBrowser();
    const held = holdSessions();
    const underWay = act(browser);
    await held.reached;
    await server.users.resetPassword(anna.id);
    held.release();
    await underWay;
    await browser.open(client.authorizeUrl());
    expect(browser.title).toBe('Sign in');
  });

  it('stays while only the roles change', async () => {
    const { browser, refreshToken } = await connect(anna);
    await server.users.setRoles(anna.id, ['reader']);
    expect((await refresh(refreshToken)).status).toBe(200);
    await browser.open(client.authorizeUrl());
    expect(browser.title).toBe('Allow access?');
  });
});
