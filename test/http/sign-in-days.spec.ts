/** Somebody the company has put out is out here too, a few days later: a sign-in with the company account does not count for ever. */
import { beforeAll, describe, expect, it } from 'vitest';
import { CookieBrowser } from '../support/browser.js';
import { startFederated } from '../support/federated-server.js';
import { postForm, type Answer } from '../support/oauth-client.js';
import { registerClient, signIn as signInHere, startSignInServer, type SignInServer, type TestClient } from '../support/sign-in-server.js';

describe('the company is asked again once a sign-in is seven days old (checklist 33)', () => {
  const DAY = 86_400_000;
  let here: SignInServer;
  let asking: TestClient;
  let browser: CookieBrowser;
  beforeAll(async () => {
    const [there, started] = await startFederated({ signInSeconds: 20 * 86_400, refreshTokenSeconds: 30 * 86_400 });
    here = started;
    asking = await registerClient(here.url);
    browser = new CookieBrowser();
    browser.follows.add(there.issuer).add(here.url);
    there.person = { sub: 'anna', claims: { name: 'Anna' } };
    return () => Promise.all([here.close(), there.close()]);
  });

  const refresh = (token: string | undefined, at = here, { id } = asking): Promise<Answer> => postForm(`${at.url}/oauth/token`, { grant_type: 'refresh_token', client_id: id, refresh_token: token ?? '' });
  const signIn = async (): Promise<string> => {
    await browser.open(asking.authorizeUrl());
    expect(browser.title).toBe('Sign in with your company account');
    await browser.submit({ decision: 'sign_in' });
    await browser.submit({ decision: 'approve' });
    const tokens: { refresh_token: string } = JSON.parse(await (await asking.redeem(browser.away)).text());
    return tokens.refresh_token;
  };

  it('by applications that refresh, whatever became of their tokens meanwhile, and by browsers', async () => {
    const first = await signIn();
    here.clock.ahead = 6 * DAY;
    const second = await refresh(first);
    expect(second.status).toBe(200);
    await browser.open(asking.authorizeUrl());
    expect(browser.title).toBe('Allow access?');
    here.clock.ahead = 8 * DAY;
    expect(await refresh(second.refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    const fresh = await signIn();
    here.clock.ahead = 14 * DAY;
    expect((await refresh(fresh)).status).toBe(200);
  });

  it('by codes that were given just before', async () => {
    here.clock.ahead = 20 * DAY;
    await signIn();
    here.clock.ahead += 7 * DAY - 20_000;
    const given = async (): Promise<URL> => {
      await browser.open(asking.authorizeUrl());
      await browser.submit({ decision: 'approve' });
      return browser.away;
    };
    const [kept, redeemed] = [await given(), await given()];
    expect((await asking.redeem(redeemed)).status).toBe(200);
    here.clock.ahead += 40_000;
    expect(await (await asking.redeem(kept)).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('and never where people sign in here', async () => {
    const local = await startSignInServer();
    try {
      const [own, person, at] = [await registerClient(local.url), await local.person('bert'), new CookieBrowser()];
      await signInHere(at, own, person);
      await at.submit({ decision: 'approve' });
      const { refresh_token: token }: { refresh_token: string } = JSON.parse(await (await own.redeem(at.away)).text());
      local.clock.ahead = 8 * DAY;
      expect((await refresh(token, local, own)).status).toBe(200);
    } finally {
      await local.close();
    }
  });
});
