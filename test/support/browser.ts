/** Browsers for tests: one of fetch and cookies that shows every header, and Chromium for what only a real one does. */
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** A page or a redirect, as it came. */
export interface Visited {
  method: string;
  url: string;
  status: number;
  headers: Headers;
  text: string;
}

interface Cookie {
  name: string;
  value: string;
  path: string;
  raw: string;
}

/** What a form would send: hidden and ticked members, and what the test types over them. */
export type Typed = Readonly<Record<string, string | readonly string[] | undefined>>;

const MOST_REDIRECTS = 12;

/** Keeps cookies by path, follows redirects of one origin, says where forms come from as browsers do. */
export class CookieBrowser {
  cookies: Cookie[] = [];
  /** Origins it follows redirects to, beside the one it was asked to open; cookies know no ports, as in browsers. */
  readonly follows = new Set<string>();
  /** Where it stops although it could follow. */
  stopsBefore: string | undefined;
  /** Everything that was asked, in order. */
  readonly traffic: Visited[] = [];
  #page: Visited | undefined;

  constructor(private readonly headers: Readonly<Record<string, string>> = {}) {}

  /** The page in view. */
  get page(): Visited {
    if (!this.#page) throw new Error('No page is open');
    return this.#page;
  }

  /** The heading of the page in view. */
  get title(): string {
    return /<h1[^>]*>([^<]*)/.exec(this.page.text)?.[1] ?? '';
  }

  /** The address the browser was sent to outside the server, such as a client's redirect URI. */
  get away(): URL {
    const location = this.page.headers.get('location');
    if (location === null) throw new Error(`The page in view is ${this.page.status} ${this.title}, not a way out`);
    return new URL(location, this.page.url);
  }

  open(url: string): Promise<Visited> {
    return this.#go('GET', url, undefined, 'none');
  }

  /** Submits the form of the page in view, with the button `name=value` if one is given. */
  submit(typed: Typed = {}, action?: string): Promise<Visited> {
    const form = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g;
    const forms = [...this.page.text.matchAll(form)].map(([, target = '', body = '']) => ({ target: plain(target), body }));
    const chosen = action === undefined ? forms[0] : forms.find(({ target }) => target === action);
    if (!chosen) throw new Error(`No form${action === undefined ? '' : ` to ${action}`} on ${this.page.status} ${this.page.url}`);
    return this.post(new URL(chosen.target, this.page.url).href, { ...membersOf(chosen.body), ...typed });
  }

  /** Posts a form that is not on the page; `site` as browsers say it, nothing from those that do not. */
  post(url: string, members: Typed, site: 'same-origin' | 'cross-site' | 'unsaid' = 'same-origin'): Promise<Visited> {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(members)) for (const one of value === undefined ? [] : [value].flat()) body.append(name, one);
    return this.#go('POST', url, body, site);
  }

  /** The value of a cookie that is sent to a path. */
  cookie(name: string, path = '/'): string | undefined {
    return this.cookies.find((cookie) => cookie.name === name && fits(cookie, path))?.value;
  }

  /** What the header of a request to a path says. */
  cookieHeader(path: string): string {
    return this.cookies.filter((kept) => fits(kept, path)).map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** The same cookies and the same page in another browser. */
  clone(): CookieBrowser {
    const other = new CookieBrowser(this.headers);
    other.cookies = [...this.cookies];
    other.#page = this.#page;
    for (const origin of this.follows) other.follows.add(origin);
    return other;
  }

  async #go(method: string, url: string, body: URLSearchParams | undefined, site: string): Promise<Visited> {
    const { origin } = new URL(url);
    let visited = await this.#ask(method, url, body, site);
    for (let redirects = 0; redirects < MOST_REDIRECTS; redirects++) {
      const location = visited.headers.get('location');
      const next = location === null ? undefined : new URL(location, visited.url);
      if (!next || (next.origin !== origin && !this.follows.has(next.origin)) || next.href.startsWith(this.stopsBefore ?? '\0')) break;
      visited = await this.#ask('GET', next.href, undefined, site);
    }
    this.#page = visited;
    return visited;
  }

  async #ask(method: string, url: string, body: URLSearchParams | undefined, site: string): Promise<Visited> {
    const { origin, pathname } = new URL(url);
    const cookie = this.cookieHeader(pathname);
    const response = await fetch(url, {
      method, redirect: 'manual', body: body ?? null,
      headers: {
        accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...(site === 'unsaid' ? {} : { 'sec-fetch-site': site }),
        ...(method === 'POST' && site === 'same-origin' ? { origin } : {}), ...this.headers,
      },
    });
    for (const raw of response.headers.getSetCookie()) this.#keep(raw, pathname);
    const visited = { method, url, status: response.status, headers: response.headers, text: await response.text() };
    this.traffic.push(visited);
    return visited;
  }

  #keep(raw: string, pathname: string): void {
    const [pair = '', ...attributes] = raw.split(';').map((part) => part.trim());
    const [name = '', ...value] = pair.split('=');
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? pathname.replace(/\/[^/]*$/, '/');
    const isGone = attributes.some((attribute) => /^max-age=0$/i.test(attribute) || (/^expires=/i.test(attribute) && Date.parse(attribute.slice(8)) <= Date.now()));
    this.cookies = this.cookies.filter((kept) => kept.name !== name || kept.path !== path);
    if (!isGone) this.cookies.push({ name, value: value.join('='), path, raw });
  }
}

function fits({ path }: Cookie, pathname: string): boolean {
  return path === '/' || pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
}

function membersOf(body: string): Record<string, string | string[]> {
  const members: Record<string, string[]> = {};
  for (const [tag] of body.matchAll(/<input[^>]*>/g)) {
    const attribute = (name: string): string | undefined => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
    const name = attribute('name');
    if (name === undefined || (attribute('type') === 'checkbox' && !/\schecked/.test(tag))) continue;
    (members[name] ??= []).push(plain(attribute('value') ?? ''));
  }
  return Object.fromEntries(Object.entries(members).map(([name, values]) => [name, values.length === 1 ? values[0] ?? '' : values]));
}

function plain(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
}

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** False where no Chromium is installed; with `CI` its absence is an error. */
export function hasChromium(): boolean {
  if (existsSync(CHROMIUM)) return true;
  if (process.env['CI']) throw new Error(`${CHROMIUM} is not there: install the package chromium, or name another in CHROMIUM`);
  return false;
}

/** A real browser, without the traffic of its own that would reach other hosts. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
}
