import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserStore, type User } from '../../src/auth/users.port.js';
import { CookieBrowser } from '../support/browser.js';
import type { CompanyProvider } from '../support/company-provider.js';
import { startFederated } from '../support/federated-server.js';
import { registerClient, startSignInServer, type SignInServer, type TestClient } from '../support/sign-in-server.js';

let company: CompanyProvider;
let server: SignInServer;
let client: TestClient;

beforeAll(async () => {
  [company, server] = await startFederated();
  client = await registerClient(server.url, { name: 'Agent A' });
});
afterAll(() => Promise.all([server.close(), company.close()]));
beforeEach(({ task }) => {
  company.error = undefined;
  company.asked.length = 0;
  company.person = { sub: `sub-${task.id}`, claims: { name: 'Anna Arendt', preferred_username: `anna-${task.id}`, email: 'anna@example.com', groups: ['mcp-developers'] } };
});

const atDoor = async (asking = client, browser = new CookieBrowser()): Promise<CookieBrowser> => {
  await browser.open(asking.authorizeUrl());
  return browser;
};
const through = async (browser: CookieBrowser): Promise<CookieBrowser> => {
  browser.follows.add(company.issuer).add(server.url);
  await browser.submit({ decision: 'sign_in' });
  return browser;
};
const userOf = (subject: string): Promise<User | undefined> => server.app.get<UserStore>(UserStore).findByIdentity({ issuer: company.issuer, subject });

describe('signing in with the company account', () => {
  it('goes there, comes back, asks for consent, and the roles are those the rules make', async () => {
    const browser = await through(await atDoor());
    expect(browser.title).toBe('Allow access?');
    expect(browser.page.text).toContain('Anna Arendt');
    await browser.submit({ decision: 'approve' });
    expect(await (await client.redeem(browser.away)).json()).toMatchObject({ token_type: 'Bearer', scope: 'mcp' });
    expect(await userOf(company.person.sub)).toMatchObject({ roles: ['developer'], passwordHash: undefined, login: company.person.claims['preferred_username'] });
  });

  it('sends PKCE, a nonce and a state that names the interaction', async () => {
    const browser = await atDoor();
    await through(browser);
    const asked = company.asked.find(({ pathname }) => pathname === '/auth')?.searchParams;
    expect(asked?.get('code_challenge_method')).toBe('S256');
    expect(asked?.get('nonce')).toMatch(/^[\w-]{43}$/);
    expect(asked?.get('redirect_uri')).toBe(`${server.url}/oauth/federation/callback`);
    expect(asked?.get('state')).toMatch(/^[\w-]{20,64}\.[\w-]{43}$/);
    expect(browser.traffic.filter(({ status }) => status >= 300 && status < 400).every(({ status }) => status === 303 || status === 302)).toBe(true);
  });

  it('asks the userinfo endpoint where the ID token says too little', async () => {
    const [there, here] = await startFederated({}, { claimsInIdToken: false });
    try {
      there.person = company.person;
      const browser = await atDoor(await registerClient(here.url));
      browser.follows.add(there.issuer).add(here.url);
      await browser.submit({ decision: 'sign_in' });
      expect(browser.page.text).toContain('Anna Arendt');
      expect(there.asked.map(({ pathname }) => pathname)).toContain('/me');
    } finally {
      await Promise.all([here.close(), there.close()]);
    }
  });

  it('takes no password here', async () => {
    const local = await server.person(`local-${company.person.sub}`);
    const browser = await atDoor();
    expect(browser.page.text).not.toContain('type="password"');
    await browser.submit({ ...local, decision: undefined });
    expect(browser.page.status).toBe(403);
  });

  it('works for the page of connected applications', async () => {
    const browser = new CookieBrowser();
    await browser.open(`${server.url}/account`);
    await through(browser);
    expect(browser.title).toBe('Connected applications');
    expect(browser.page.text).not.toContain('/account/password');
  });
});

describe('each client is asked for by itself, before anything goes to the company (F14)', () => {
  it('names the client as unverified, and sends nothing until the person agrees', async () => {
    const browser = await atDoor();
    expect(browser.title).toBe('Sign in with your company account');
    expect(browser.page.text).toContain('“Agent A” <small class="dim">(unverified');
    expect(browser.page.text).toContain('Use the tools of this server for you');
    expect(browser.page.text).toContain(new URL(company.issuer).host);
    expect(browser.cookies.filter(({ name }) => name.startsWith('gatehouse_hop'))).toEqual([]);
    expect(company.asked).toEqual([]);
    await browser.submit({ decision: 'cancel' });
    expect(browser.away.searchParams.get('error')).toBe('access_denied');
    expect(company.asked).toEqual([]);
  });

  it('asks for client B although A was approved and the company remembers the person', async () => {
    const browser = await through(await atDoor());
    await browser.submit({ decision: 'approve' });
    const other = await registerClient(server.url, { name: 'Agent B' });
    await atDoor(other, browser);
    expect(browser.title).toBe('Allow access?');
    expect(browser.page.text).toContain('Agent B');
    browser.cookies = browser.cookies.filter(({ name }) => name.startsWith('company_'));
    await atDoor(other, browser);
    expect(browser.title).toBe('Sign in with your company account');
    expect(browser.page.text).toContain('Agent B');
  });
});

describe('the way back is open once, for ten minutes, in one browser (F14)', () => {
  /** Agrees, signs in there, and stops before the answer gets here. */
  const half = async (): Promise<{ browser: CookieBrowser; callback: string }> => {
    const browser = await atDoor();
    browser.stopsBefore = `${server.url}/oauth/federation/callback`;
    await through(browser);
    const callback = browser.away.href;
    browser.stopsBefore = undefined;
    return { browser, callback };
  };

  it('works the first time and not the second', async () => {
    const { browser, callback } = await half();
    const copy = browser.clone();
    await browser.open(callback);
    expect(browser.title).toBe('Allow access?');
    await copy.open(callback);
    expect(copy.page.status).toBe(400);
    await browser.open(callback);
    expect(browser.page.status).toBe(400);
  });

  it('not in another browser', async () => {
    const { callback } = await half();
    const [stranger, other] = [new CookieBrowser(), await atDoor()];
    await stranger.open(callback);
    expect(stranger.page.status).toBe(400);
    await other.open(callback);
    expect(other.page.status).toBe(400);
    expect(await userOf(company.person.sub)).toBeUndefined();
  });

  it('not after ten minutes', async () => {
    const { browser, callback } = await half();
    server.clock.ahead += 601_000;
    await browser.open(callback);
    expect(browser.page.status).toBe(400);
    expect(await userOf(company.person.sub)).toBeUndefined();
  });

  it('not with a state, a code or an issuer that was changed', async () => {
    for (const change of [{ state: 'x' }, { code: 'another' }, { iss: 'https://evil.example' }] as const) {
      const { browser, callback } = await half();
      const url = new URL(callback);
      for (const [name, value] of Object.entries(change)) url.searchParams.set(name, name === 'state' ? `${url.searchParams.get('state')?.slice(0, -1)}${value}` : value);
      await browser.open(url.href);
      expect(browser.page.text).not.toContain('Allow access?');
    }
    expect(await userOf(company.person.sub)).toBeUndefined();
  });

  it.each(['', 'state=', 'state=a.b', 'state=../../x.' + 'A'.repeat(43), 'state=%0d%0aSet-Cookie:a=b', `state=${'A'.repeat(70)}.${'A'.repeat(43)}`, 'state=a&state=b'])(
    'and leads nowhere for an answer nobody asked for: %j', async (query) => {
      const browser = new CookieBrowser();
      await browser.open(`${server.url}/oauth/federation/callback?${query}`);
      expect(browser.page.status).toBe(400);
      expect(browser.page.headers.get('location')).toBeNull();
    });
});

describe('when the company says no', () => {
  it('the client hears it, and none of the words the provider had for it', async () => {
    company.error = 'access_denied';
    const browser = await through(await atDoor());
    expect(browser.away.searchParams.get('error')).toBe('access_denied');
    expect(browser.away.href).not.toContain('policy');
  });

  it('a person who was disabled here does not get in either', async () => {
    await through(await atDoor());
    const user = await userOf(company.person.sub);
    await server.users.setDisabled(user?.id ?? '', true);
    const browser = await through(await atDoor());
    expect(browser.away.searchParams.get('error')).toBe('access_denied');
  });

  it('the page says so when the provider cannot be reached', async () => {
    const lonely = await startSignInServer({ authMode: 'federated', federationIssuer: 'http://127.0.0.1:9', federationClientId: 'gatehouse' });
    try {
      const browser = await atDoor(await registerClient(lonely.url));
      await browser.submit({ decision: 'sign_in' });
      expect(browser.page.status).toBe(503);
      expect(browser.page.text).toContain('cannot be reached right now');
    } finally {
      await lonely.close();
    }
  });
});

describe('a person is who the company says: issuer and subject, nothing else (P5)', () => {
  it('is the same person under another name and address', async () => {
    await through(await atDoor());
    const before = await userOf(company.person.sub);
    company.person.claims = { ...company.person.claims, name: 'Anna Blücher', preferred_username: 'anna.bluecher', email: 'other@example.com' };
    await through(await atDoor());
    expect(await userOf(company.person.sub)).toMatchObject({ id: before?.id, displayName: 'Anna Blücher', login: before?.login });
  });

  it('is nobody else for having their e-mail address or user name', async () => {
    const local = await server.person(`boss-${company.person.sub}`, ['admin']);
    company.person.claims = { ...company.person.claims, preferred_username: local.login, email: local.login };
    await through(await atDoor());
    const shadow = await userOf(company.person.sub);
    expect(shadow?.id).not.toBe(local.id);
    expect(shadow?.login).toContain(`${local.login} (`);
    expect(shadow?.roles).toEqual(['developer']);
  });

  it('is one person when they sign in twice at once for the first time', async () => {
    const doors = await Promise.all([atDoor(), atDoor(), atDoor()]);
    const people = await Promise.all(doors.map((door) => through(door)));
    expect(people.map(({ title }) => title)).toEqual(['Allow access?', 'Allow access?', 'Allow access?']);
    const all = await server.users.list(undefined, 1000);
    expect(all.filter(({ login }) => login.startsWith(String(company.person.claims['preferred_username'])))).toHaveLength(1);
  });
});

describe('roles follow the company at each sign-in', () => {
  it('come and go with the claims, at once; those the operator gave stay', async () => {
    await through(await atDoor());
    const user = await userOf(company.person.sub);
    await server.users.setRoles(user?.id ?? '', ['developer', 'auditor']);
    company.person.claims = { ...company.person.claims, groups: ['mcp-admins'] };
    await through(await atDoor());
    const promoted = await userOf(company.person.sub);
    expect(promoted?.roles).toEqual(['admin', 'auditor']);
    expect(promoted?.epoch).toBeGreaterThan(user?.epoch ?? 0);
    company.person.claims = { ...company.person.claims, groups: [] };
    await through(await atDoor());
    expect((await userOf(company.person.sub))?.roles).toEqual(['auditor', 'guest']);
  });

  it('stay with a person who was given the same role by the operator', async () => {
    company.person.claims = { ...company.person.claims, groups: [] };
    await through(await atDoor());
    const user = await userOf(company.person.sub);
    await server.users.setRoles(user?.id ?? '', ['guest', 'developer']);
    company.person.claims = { ...company.person.claims, groups: ['mcp-developers'] };
    await through(await atDoor());
    company.person.claims = { ...company.person.claims, groups: ['others'] };
    await through(await atDoor());
    expect((await userOf(company.person.sub))?.roles).toContain('developer');
  });

  it('are judged at the first sign-in only where the operator wants it so', async () => {
    const [there, here] = await startFederated({ federationSyncRoles: false });
    try {
      const asking = await registerClient(here.url);
      const comes = async (groups: string[]): Promise<readonly string[] | undefined> => {
        there.person = { sub: 'anna', claims: { name: 'Anna', groups } };
        const browser = await atDoor(asking);
        browser.follows.add(there.issuer).add(here.url);
        await browser.submit({ decision: 'sign_in' });
        return (await here.app.get<UserStore>(UserStore).findByIdentity({ issuer: there.issuer, subject: 'anna' }))?.roles;
      };
      expect(await comes(['mcp-developers'])).toEqual(['developer']);
      expect(await comes(['mcp-admins'])).toEqual(['developer']);
    } finally {
      await Promise.all([here.close(), there.close()]);
    }
  });
});
