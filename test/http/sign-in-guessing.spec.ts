import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CookieBrowser } from '../support/browser.js';
import { registerClient, startSignInServer, type SignInServer, type TestClient } from '../support/sign-in-server.js';

let server: SignInServer;
let client: TestClient;
let people = 0;

beforeAll(async () => {
  server = await startSignInServer();
  client = await registerClient(server.url);
});
afterAll(() => server.close());

// Everybody in these tests comes from one address, which is patient again after an hour.
const later = (): void => void (server.clock.ahead += 3_600_000);
const somebody = () => server.person(`person-${++people}`);

async function atSignIn(from?: CookieBrowser): Promise<CookieBrowser> {
  const browser = from ?? new CookieBrowser();
  await browser.open(`${client.authorizeUrl()}&prompt=login`);
  return browser;
}

async function tries(login: string, password: string): Promise<number> {
  const browser = await atSignIn();
  return (await browser.submit({ login, password, decision: 'sign_in' })).status;
}

describe('guessing passwords (F13)', () => {
  it('is slowed after a few wrong ones, right ones included, until a while has passed', async () => {
    later();
    const { login, password } = await somebody();
    const answers: number[] = [];
    for (let guess = 0; guess < 8; guess++) answers.push(await tries(login, `wrong ${guess}`));
    expect(answers).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(await tries(login, password)).toBe(429);
    server.clock.ahead += 1000;
    expect(await tries(login, password)).toBe(200);
  });

  it('says how long to wait, to people and to programs', async () => {
    later();
    const { login } = await somebody();
    for (let guess = 0; guess < 5; guess++) await tries(login, `wrong ${guess}`);
    const browser = await atSignIn();
    const page = await browser.submit({ login, password: 'x', decision: 'sign_in' });
    expect(page.status).toBe(429);
    expect(page.headers.get('retry-after')).toBe('1');
    expect(page.text).toContain('Too many attempts. Wait a second and try again');
  });

  it('grows slower with each wrong one', async () => {
    later();
    const { login } = await somebody();
    for (let guess = 0; guess < 5; guess++) await tries(login, 'wrong');
    const waits: number[] = [];
    for (let round = 0; round < 5; round++) {
      const browser = await atSignIn();
      const seconds = Number((await browser.submit({ login, password: 'x', decision: 'sign_in' })).headers.get('retry-after'));
      waits.push(seconds);
      server.clock.ahead += seconds * 1000;
      expect(await tries(login, 'wrong')).toBe(401);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16]);
  });

  it('does not lock the owner out of a browser they signed in from before', async () => {
    later();
    const { login, password } = await somebody();
    const owner = await atSignIn();
    await owner.submit({ login, password, decision: 'sign_in' });
    expect(owner.cookie('gatehouse_device')).toBeDefined();
    for (let guess = 0; guess < 6; guess++) await tries(login, 'wrong');
    expect(await tries(login, password)).toBe(429);
    await atSignIn(owner);
    await owner.submit({ login, password, decision: 'sign_in' });
    expect(owner.title).toBe('Allow access?');
  });

  it('of one account is not helped by the device of another', async () => {
    later();
    const [anna, bert] = [await somebody(), await somebody()];
    const browser = await atSignIn();
    await browser.submit({ ...bert, decision: 'sign_in' });
    for (let guess = 0; guess < 6; guess++) await tries(anna.login, 'wrong');
    await atSignIn(browser);
    await browser.submit({ ...anna, decision: 'sign_in' });
    expect(browser.page.status).toBe(429);
  });

  it('at many accounts from one address is slowed as well', async () => {
    later();
    const answers: number[] = [];
    for (let guess = 0; guess < 40; guess++) answers.push(await tries(`nobody-${guess}`, 'wrong'));
    expect(answers.filter((status) => status === 401)).toHaveLength(30);
    expect(answers.slice(30)).toEqual(Array.from({ length: 10 }, () => 429));
  });

  it('at once is counted at once', async () => {
    later();
    const { login } = await somebody();
    const browsers = await Promise.all(Array.from({ length: 20 }, () => atSignIn()));
    const answers = await Promise.all(browsers.map((browser) => browser.submit({ login, password: 'wrong', decision: 'sign_in' })));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  });
});

describe('a stranger learns nothing about who has an account (F13)', () => {
  const answerFor = async (login: string, password: string): Promise<string> => {
    later();
    const browser = await atSignIn();
    const { headers, status, text } = await browser.submit({ login, password, decision: 'sign_in' });
    const kept = [...headers].filter(([name]) => name !== 'date' && name !== 'content-length');
    return JSON.stringify([status, kept, text.replaceAll(login, 'LOGIN').replaceAll(/interaction\/[\w-]+|name="token" value="[^"]+"/g, '')]);
  };

  it('from the answer: unknown, wrong, disabled and elsewhere are the same bytes', async () => {
    const [known, disabled] = [await somebody(), await somebody()];
    await server.users.setDisabled(disabled.id, true);
    await server.users.createWithoutPassword({ login: 'elsewhere', roles: [] });
    const unknown = await answerFor('person-0', 'whatever it is');
    expect(await answerFor(known.login, 'whatever it is')).toBe(unknown);
    expect(await answerFor(disabled.login, disabled.password)).toBe(unknown);
    expect(await answerFor('elsewhere', '')).toBe(unknown);
  });

  it('from being slowed: who does not exist is slowed like who does', async () => {
    later();
    const { login } = await somebody();
    const both = { known: [] as number[], unknown: [] as number[] };
    for (let guess = 0; guess < 7; guess++) {
      both.known.push(await tries(login, 'wrong'));
      both.unknown.push(await tries('nobody-at-all', 'wrong'));
    }
    expect(both.unknown).toEqual(both.known);
  });
});
