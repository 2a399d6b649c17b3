/** The pages follow the person's choice of light or dark, and can be read in both (WCAG 2.2 §1.4.3). */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hasChromium, openChromium } from '../support/browser.js';
import { registerClient, startSignInServer, type SignInServer } from '../support/sign-in-server.js';

const LEAST_CONTRAST = 4.5;
// Text, the colour it has, and what lies behind it; as a text, because these words mean something in the page only.
const TEXTS = `[...document.querySelectorAll('body *')]
  .filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((element) => {
    let behind = element;
    const paint = () => getComputedStyle(behind).backgroundColor;
    while (behind.parentElement && /, 0\\)$/.test(paint())) behind = behind.parentElement;
    return { text: element.textContent.trim().slice(0, 40), colour: getComputedStyle(element).color, background: paint() };
  })`;
const found = z.array(z.object({ text: z.string(), colour: z.string(), background: z.string() })).min(3);
type Found = z.output<typeof found>;

let browser: Browser;
let server: SignInServer;
beforeAll(async () => {
  if (!hasChromium()) return;
  [browser, server] = await Promise.all([openChromium(), startSignInServer()]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
beforeEach(({ skip }) => {
  if (!hasChromium()) skip('Chromium is not installed');
});

/** Every kind of page, with an alarm, a note and a dangerous button among them. */
async function pagesIn(page: Page, login: string, password: string): Promise<Found> {
  const seen: Found = [];
  const look = async (): Promise<void> => void seen.push(...found.parse(await page.evaluate(TEXTS)));
  const signIn = async (typed: string): Promise<void> => {
    await page.getByLabel('User name').fill(login);
    await page.getByLabel('Password').fill(typed);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await look();
  };
  const client = await registerClient(server.url, { redirectUri: `${server.url}/health` });
  await page.goto(client.authorizeUrl('mcp files:write'));
  await look();
  await signIn('not it');
  await signIn(password);
  await page.getByRole('button', { name: 'Allow', exact: true }).click();
  await page.goto(`${server.url}/account/sign-in`);
  await signIn(password);
  for (const path of ['/account/password', '/oauth/device', '/oauth/logout', '/oauth/interaction/over']) {
    await page.goto(server.url + path);
    await look();
  }
  return seen;
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (/\d+, \d+, \d+/.exec(colour)?.[0] ?? '').split(', ').map((part) => {
    const value = Number(part) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast({ colour, background }: Found[number]): number {
  const [darker = 0, lighter = 0] = [luminance(colour), luminance(background)].toSorted((one, other) => one - other);
  return (lighter + 0.05) / (darker + 0.05);
}

describe('in light and in dark', () => {
  it('every text stands out from what is behind it, and the two differ', async () => {
    const person = await server.person('anna');
    const schemes: Found[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      const context = await browser.newContext({ javaScriptEnabled: false, colorScheme });
      schemes.push(await pagesIn(await context.newPage(), person.login, person.password));
      await context.close();
    }
    const [light = [], dark = []] = schemes;
    expect([...light, ...dark].filter((one) => contrast(one) < LEAST_CONTRAST)).toEqual([]);
    const ofHeading = (texts: Found): Found[number] | undefined => texts.find(({ text }) => text === 'Sign in');
    expect(ofHeading(dark)?.colour).not.toBe(ofHeading(light)?.colour);
    expect(ofHeading(dark)?.background).not.toBe(ofHeading(light)?.background);
    expect(luminance(ofHeading(light)?.background ?? '')).toBeGreaterThan(luminance(ofHeading(dark)?.background ?? ''));
  });
});
