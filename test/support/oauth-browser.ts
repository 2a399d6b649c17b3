/** A browser of bare requests: keeps cookies by path, follows redirects until they leave the server. */

interface Cookie {
  value: string;
  path: string;
}

export class OAuthBrowser {
  readonly #cookies = new Map<string, Cookie>();
  /** Every status on the way. */
  readonly statuses: number[] = [];

  /** One request, redirects not followed. */
  async open(url: string, init: RequestInit = {}): Promise<Response> {
    const { pathname } = new URL(url);
    const cookies = [...this.#cookies].filter(([, { path }]) => pathname.startsWith(path)).map(([key, { value }]) => `${key.split('|')[0]}=${value}`);
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { accept: 'text/html', ...Object.fromEntries(new Headers(init.headers)), cookie: cookies.join('; ') } });
    this.statuses.push(answer.status);
    for (const line of answer.headers.getSetCookie()) this.#keep(line);
    return answer;
  }

  /** Follows redirects on the same origin; gives the address it was sent away to, or the page where it stays. */
  async follow(url: string, init?: RequestInit): Promise<{ away: URL | undefined; page: string; status: number; headers: Headers }> {
    let at = url;
    let answer = await this.open(at, init);
    for (let hops = 0; hops < 12 && answer.status >= 300 && answer.status < 400; hops++) {
      const next = new URL(answer.headers.get('location') ?? '', at);
      if (next.origin !== new URL(url).origin || next.protocol !== new URL(url).protocol) return { away: next, page: '', status: answer.status, headers: answer.headers };
      at = next.href;
      answer = await this.open(at);
    }
    return { away: undefined, page: await answer.text(), status: answer.status, headers: answer.headers };
  }

  /** The cookies it would send, by name. */
  get cookies(): Record<string, string> {
    return Object.fromEntries([...this.#cookies].map(([key, { value }]) => [key.split('|')[0] ?? '', value]));
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const name = pair.slice(0, pair.indexOf('='));
    const value = pair.slice(pair.indexOf('=') + 1);
    const path = attributes.find((attribute) => /^path=/i.test(attribute))?.slice(5) ?? '/';
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice(8);
    if (value === '' || (expires !== undefined && Date.parse(expires) < Date.now())) this.#cookies.delete(`${name}|${path}`);
    else this.#cookies.set(`${name}|${path}`, { value, path });
  }
}
