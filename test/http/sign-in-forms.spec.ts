import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CookieBrowser } from '../support/browser.js';
import { registerClient, signIn, startSignInServer, type SignInServer, type TestClient } from '../support/sign-in-server.js';

let server: SignInServer;
let client: TestClient;
let anna: { id: string; login: string; password: string };

beforeAll(async () => {
  server = await startSignInServer();
  client = await registerClient(server.url, { name: 'Claude <b>Desktop</b>' });
  anna = await server.person('anna');
});
afterAll(() => server.close());

describe('a person lets a client in', () => {
  it('by signing in and agreeing, and the client gets a token', async () => {
    const browser = new CookieBrowser();
    await signIn(browser, client, anna);
    expect(browser.title).toBe('Allow access?');
    await browser.submit({ decision: 'approve' });
    const { away } = browser;
    expect(away.href).toMatch(/^http:\/\/127\.0\.0\.1:9\/callback\?/);
    expect(Object.fromEntries(away.searchParams)).toMatchObject({ state: 'its own state', iss: server.url });
    const answer = await client.redeem(away);
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
  });
});
