/** Every secret of a run by name, everything a server wrote or said meanwhile, and whether the one is found in the other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Log } from '../../src/observability/log.js';
import type { CookieBrowser } from './browser.js';
import { accepted, perRequest, send, type Sending } from './http-mcp.js';
import { postForm } from './oauth-client.js';

export class Canaries {
  readonly lines: string[] = [];
  /** Bodies and headers of refusals, and every page a person saw. */
  readonly shown: string[] = [];
  /** Where browsers were sent, without the codes that belong there. */
  readonly locations: string[] = [];
  /** Writes everything, as `trace`. */
  readonly log = new Log(pino({ level: 'trace', base: null }, { write: (line: string) => void this.lines.push(line) }));
  readonly #secrets = new Map<string, string>();

  /** Gives the secret back. Throws where there is none. */
  keep(what: string, secret: unknown): string {
    if (typeof secret !== 'string' || secret.length < 8) throw new Error(`There is no ${what}`);
    this.#secrets.set(`${what} #${this.#secrets.size}`, secret);
    return secret;
  }

  get kinds(): Set<string> {
    return new Set([...this.#secrets.keys()].map(kindOf));
  }

  /** One secret of each kind, by kind. */
  oneOfEach(): Map<string, string> {
    return new Map([...this.#secrets].map(([what, secret]) => [kindOf(what), secret]));
  }

  /** Keeps what a browser saw, where it was sent, the codes it carried, and the cookies that stand for a person. */
  watch(browser: CookieBrowser): void {
    for (const { status, text, url, headers } of browser.traffic) {
      const location = headers.get('location');
      if (location !== null) this.#follow(new URL(location, url));
      if (status < 300 || status >= 400) this.shown.push(text);
    }
    // That of an interaction is the address of its page; the others stand for the person.
    for (const { name, value } of browser.cookies) if (!name.includes('interaction') && !name.includes('resume')) this.keep(`cookie ${name}`, value);
  }

  #follow(location: URL): void {
    const code = location.searchParams.get('code');
    if (code !== null) this.keep('code', code);
    location.searchParams.delete('code');
    this.locations.push(location.href);
  }

  /** Says a secret in every place it does not belong, or after it has gone stale. */
  async misuse(server: string, secret: string): Promise<void> {
    const { headers, json } = perRequest(1, 'tools/list');
    const said = encodeURIComponent(secret);
    for (const path of ['/mcp', '/sse', '/messages', '/messages/%zz', '/account', '/account/%zz', '/', '/nowhere', '/oauth/authorize', '/oauth/federation/callback']) {
      const reply = await send(`${server}${path}?access_token=${said}&code=${said}&ticket=${said}`, { method: 'GET', headers: { accept: 'text/event-stream' } });
      this.shown.push(reply.status < 300 ? '' : reply.text, JSON.stringify(reply.headers));
    }
    const refused = async (path: string, sending: Sending): Promise<void> => {
      const reply = await send(server + path, sending);
      if (reply.status < 400) throw new Error(`${path} took what was no credential`);
      this.shown.push(reply.text, JSON.stringify(reply.headers));
    };
    await refused('/mcp', { headers: { ...headers, authorization: `Bearer ${secret}x` }, json });
    await refused('/mcp', { headers: { ...headers, 'x-api-key': `${secret}x` }, json });
    await refused('/mcp', { headers: { ...headers, authorization: `DPoP ${secret}` }, json });
    await refused(`/messages?sessionId=${said}`, { headers: accepted, json });
    const forms: Record<string, string>[] = [
      { grant_type: 'refresh_token', refresh_token: secret, client_id: 'nobody' }, { grant_type: 'authorization_code', code: secret, client_id: secret },
      { grant_type: secret }, { grant_type: 'client_credentials', client_id: 'op_nobody', client_secret: secret },
    ];
    for (const form of forms) this.shown.push(JSON.stringify({ ...await postForm(`${server}/oauth/token`, form), access_token: undefined }));
  }

  /** The secrets found in a text, in any spelling it might use; of a token its signature is secret, its claims are not. */
  found(text: string, except = ''): string[] {
    return [...this.#secrets].filter(([what, secret]) => {
      const core = secret.startsWith('eyJ') ? secret.split('.')[2] ?? secret : secret;
      const bytes = Buffer.from(core);
      const spellings = [core, encodeURIComponent(core), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex'), JSON.stringify(core).slice(1, -1)];
      return kindOf(what) !== except && spellings.some((spelling) => text.includes(spelling));
    }).map(([what]) => what);
  }

  /** The same for many texts, each find with the beginning of its text. */
  foundIn(texts: readonly string[], except = ''): string[] {
    return texts.flatMap((text) => this.found(text, except).map((what) => `${what}: ${text.slice(0, 120)}`));
  }
}

/** Everything in the files of a SQLite database in this directory. */
export function dumpOf(directory: string): string {
  return Buffer.concat(readdirSync(directory).filter((file) => file.startsWith('gatehouse.db')).map((file) => readFileSync(join(directory, file)))).toString('latin1');
}

function kindOf(what: string): string {
  return what.replace(/ #\d+$/, '');
}
