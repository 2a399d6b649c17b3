/** Somebody in front of a browser: signs in where asked, agrees where asked, and takes access back. */
import { CookieBrowser } from './browser.js';

/** An account, as its owner knows it. */
export interface AuthAccount {
  id: string;
  login: string;
  password: string;
}

export class AuthPerson {
  readonly browser = new CookieBrowser();
  /** Headings of the pages seen, in order. */
  readonly seen: string[] = [];

  constructor(private readonly server: string, readonly account: AuthAccount) {}

  /** Goes where a client sent the browser, and through every page; gives the address it was sent back to. */
  async agree(authorizationUrl: URL): Promise<URL> {
    await this.browser.open(authorizationUrl.href);
    await this.#signIn();
    if (this.browser.title === 'Allow access?') await this.#press({ decision: 'approve' });
    return this.browser.away;
  }

  /** Goes the same way and refuses. */
  async refuse(authorizationUrl: URL): Promise<URL> {
    await this.browser.open(authorizationUrl.href);
    await this.#signIn();
    await this.#press({ decision: 'deny' });
    return this.browser.away;
  }

  /** Removes the first application on the page of connected applications. */
  async takeBack(): Promise<void> {
    const browser = new CookieBrowser();
    await browser.open(`${this.server}/account/sign-in`);
    const { login, password } = this.account;
    await browser.submit({ login, password, decision: 'sign_in' });
    await browser.submit({}, '/account/revoke');
    if (!browser.page.text.includes('Its access is removed')) throw new Error(`Nothing was taken back: ${browser.title}`);
  }

  async #signIn(): Promise<void> {
    const { login, password } = this.account;
    if (this.browser.title === 'Sign in') await this.#press({ login, password, decision: 'sign_in' });
  }

  async #press(typed: Record<string, string>): Promise<void> {
    this.seen.push(this.browser.title);
    await this.browser.submit(typed);
  }
}
