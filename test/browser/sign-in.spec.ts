import { createServer, type Server } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasChromium, openChromium } from '../support/browser.js';
import { startCompanyProvider } from '../support/company-provider.js';
import { freePort } from '../support/free-port.js';
import { registerClient, startSignInServer, type SignInServer } from '../support/sign-in-server.js';

/** A program on the person's machine that waits for its code. */
interface Listener {
  redirectUri: string;
  answer: Promise<URL>;
  close(): void;
}

let browser: Browser;
let server: SignInServer;
let context: BrowserContext;
let page: Page;
let complaints: string[];
let anna: { id: string; login: string; password: string };
const listeners: Server[] = [];

beforeAll(async () => {
  if (!hasChromium()) return;
  [browser, server] = await Promise.all([openChromium(), startSignInServer()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

// Nothing here needs a script, so none is allowed.
beforeEach(async ({ task, skip }) => {
  if (!hasChromium()) return skip('Chromium is not installed');
  context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  page = await context.newPage();
  complaints = [];
  page.on('console', (message) => complaints.push(message.text()));
  anna = await server.person(`anna-${task.id}`);
});
afterEach(async () => {
  await context?.close();
  for (const listener of listeners.splice(0)) listener.close();
});

async function listener(): Promise<Listener> {
  const port = await freePort();
  let heard: (url: URL) => void = () => undefined;
  const answer = new Promise<URL>((resolve) => (heard = resolve));
  const http = createServer((request, response) => {
    response.setHeader('content-type', 'text/html').end('<h1>Back in the program</h1>');
    if (request.url?.startsWith('/callback')) heard(new URL(request.url, `http://127.0.0.1:${port}`));
  });
  listeners.push(http);
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  return { redirectUri: `http://127.0.0.1:${port}/callback`, answer, close: () => http.close() };
}

async function signIn(): Promise<void> {
  await page.getByLabel('User name').fill(anna.login);
  await page.getByLabel('Password').fill(anna.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const heading = (): Promise<string> => page.getByRole('heading', { level: 1 }).innerText();

describe('a person in a real browser, without any script', () => {
  it('signs in, agrees, and lands at the program that asked', async () => {
    const program = await listener();
    const client = await registerClient(server.url, { redirectUri: program.redirectUri, name: 'Terminal agent' });
    await page.goto(client.authorizeUrl('mcp files:write'));
    expect(await heading()).toBe('Sign in');
    await signIn();
    expect(await heading()).toBe('Allow access?');
    expect(await page.getByRole('main').innerText()).toContain(new URL(program.redirectUri).host);
    await page.getByLabel('Change files').uncheck();
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    expect(await heading()).toBe('Back in the program');
    expect(await (await client.redeem(await program.answer)).json()).toMatchObject({ scope: 'mcp' });
    expect(complaints).toEqual([]);
  });

  it('reaches a client with a scheme of its own', async () => {
    const client = await registerClient(server.url, { redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback' });
    const left = page.waitForEvent('requestfailed', (request) => request.url().startsWith('cursor:')).catch(() => undefined);
    const redirect = page.waitForResponse((response) => (response.headers()['location'] ?? '').startsWith('cursor:'));
    await page.goto(client.authorizeUrl());
    await signIn();
    await page.getByRole('button', { name: 'Allow', exact: true }).click({ noWaitAfter: true });
    expect((await redirect).status()).toBe(303);
    void left;
    expect(complaints.filter((text) => /content security policy|form-action/i.test(text))).toEqual([]);
  });

  it('does all of it with the keyboard', async () => {
    const program = await listener();
    const client = await registerClient(server.url, { redirectUri: program.redirectUri });
    await page.goto(client.authorizeUrl());
    await page.getByLabel('User name').and(page.locator(':focus')).waitFor();
    await page.keyboard.type(anna.login);
    await page.keyboard.press('Tab');
    await page.keyboard.type(anna.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Allow access?' }).waitFor();
    await page.waitForLoadState();
    const allow = page.getByRole('button', { name: 'Allow', exact: true }).and(page.locator(':focus'));
    for (let step = 0; step < 8 && await allow.count() === 0; step += 1) await page.keyboard.press('Tab');
    await allow.press('Enter');
    expect((await program.answer).searchParams.get('code')).not.toBeNull();
  });

  it('is told what went wrong where the eye and the screen reader are', async () => {
    const client = await registerClient(server.url);
    await page.goto(client.authorizeUrl());
    await page.getByLabel('User name').fill(anna.login);
    await page.getByLabel('Password').fill('not it');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.title()).toMatch(/^Error: /);
    expect(await page.getByRole('alert').innerText()).toBe('The user name or the password is wrong');
    expect(await page.getByLabel('User name').inputValue()).toBe(anna.login);
    const password = page.getByLabel('Password');
    expect(await password.getAttribute('aria-invalid')).toBe('true');
    expect(await password.getAttribute('aria-describedby')).toBe('alarm');
    expect(await page.locator(':focus').getAttribute('id')).toBe('password');
  });

  it('connects a device with the code it shows', async () => {
    const client = await registerClient(server.url, { name: 'Build agent', grants: ['urn:ietf:params:oauth:grant-type:device_code', 'authorization_code'] });
    const device = await post('/oauth/device_authorization', { client_id: client.id, scope: 'mcp' });
    await page.goto(`${server.url}/oauth/device`);
    await page.getByLabel('Code').fill('WRONG-CODE');
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await page.getByRole('alert').innerText()).toContain('This code is not known');
    await page.getByLabel('Code').fill(String(device['user_code']).toLowerCase());
    await page.getByRole('button', { name: 'Continue' }).click();
    expect(await heading()).toBe('Is this your device?');
    await page.getByRole('button', { name: 'This is my device' }).click();
    await signIn();
    expect(await heading()).toBe('Allow access?');
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    expect(await heading()).toBe('The device is connected');
    const token = await post('/oauth/token', { client_id: client.id, grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: String(device['device_code']) });
    expect(token).toMatchObject({ token_type: 'Bearer', scope: 'mcp' });
    expect(complaints.filter((text) => /security policy/i.test(text))).toEqual([]);
  });

  it('sees the applications connected, removes one, and signs out', async () => {
    const program = await listener();
    const client = await registerClient(server.url, { redirectUri: program.redirectUri, name: 'Reporting' });
    await page.goto(client.authorizeUrl());
    await signIn();
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await program.answer;
    await page.goto(`${server.url}/account`);
    await signIn();
    expect(await heading()).toBe('Connected applications');
    await page.getByRole('button', { name: 'Remove access “Reporting”' }).click();
    expect(await page.getByRole('status').innerText()).toBe('Its access is removed');
    expect(await page.getByRole('main').innerText()).toContain('No application may act for you');
    await page.getByRole('button', { name: 'Sign out' }).click();
    expect(await heading()).toBe('Sign in');
    expect((await client.redeem(await program.answer)).status).toBe(400);
  });

  it('signs out by the page of the authorization server', async () => {
    const client = await registerClient(server.url);
    await page.goto(client.authorizeUrl());
    await signIn();
    await page.goto(`${server.url}/oauth/logout`);
    expect(await heading()).toBe('Sign out?');
    await page.getByRole('button', { name: 'Sign out' }).click();
    expect(await heading()).toBe('You are signed out');
    await page.goto(client.authorizeUrl());
    expect(await heading()).toBe('Sign in');
  });

  it('goes through the company and comes back', async () => {
    const port = await freePort();
    const company = await startCompanyProvider(await freePort(), `http://127.0.0.1:${port}/oauth/federation/callback`);
    const federated = await startSignInServer({ port, authMode: 'federated', federationIssuer: company.issuer, federationClientId: company.clientId, federationClientSecret: company.clientSecret });
    try {
      company.person = { sub: 'anna', claims: { name: 'Anna Arendt' } };
      const program = await listener();
      const client = await registerClient(federated.url, { redirectUri: program.redirectUri });
      await page.goto(client.authorizeUrl());
      await page.getByRole('button', { name: 'Continue' }).click();
      expect(await heading()).toBe('Allow access?');
      expect(await page.getByRole('main').innerText()).toContain('Anna Arendt');
      await page.getByRole('button', { name: 'Allow', exact: true }).click();
      expect((await program.answer).searchParams.get('iss')).toBe(federated.url);
    } finally {
      await Promise.all([federated.close(), company.close()]);
    }
  });

  it.each([390, 1280])('finds every page within %d pixels, with one heading, one landmark and a label on each field', async (width) => {
    await page.setViewportSize({ width, height: 800 });
    const program = await listener();
    const client = await registerClient(server.url, { redirectUri: program.redirectUri, name: 'An application with a remarkably long name that goes on and on'.repeat(3) });
    const look = async (): Promise<void> => {
      expect(await page.getByRole('main').count()).toBe(1);
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      // As text: these words mean something in the page only.
      expect(await page.evaluate<string[]>("[...document.querySelectorAll('input:not([type=hidden]):not([hidden])')].filter((field) => !field.labels?.[0]?.textContent.trim()).map((field) => field.name)")).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    };
    await page.goto(client.authorizeUrl('mcp files:write offline_access openid profile email'));
    await look();
    await signIn();
    await look();
    await page.getByRole('button', { name: 'Allow', exact: true }).click();
    await program.answer;
    await page.goto(`${server.url}/account/sign-in`);
    await look();
    await signIn();
    await look();
    for (const path of ['/account/password', '/oauth/device', '/oauth/logout', '/oauth/interaction/over', '/oauth/authorize?client_id=unknown']) {
      await page.goto(server.url + path);
      await look();
    }
  });
});

async function post(path: string, members: Record<string, string>): Promise<Record<string, unknown>> {
  const answer = await fetch(server.url + path, { method: 'POST', body: new URLSearchParams(members) });
  const body: unknown = await answer.json();
  return typeof body === 'object' && body !== null ? { ...body } : {};
}
