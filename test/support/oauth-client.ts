/** A client of the authorization server, as terse as tests need it. */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { OAuthBrowser } from './oauth-browser.js';

const answerShape = z.looseObject({
  access_token: z.string().optional(), refresh_token: z.string().optional(), id_token: z.string().optional(), scope: z.string().optional(),
  token_type: z.string().optional(), error: z.string().optional(), error_description: z.string().optional(), client_id: z.string().optional(),
  client_secret: z.string().optional(),
});

/** An answer in JSON, with its status. */
export type Answer = z.output<typeof answerShape> & { status: number };

export const CALLBACK = 'http://127.0.0.1/callback';

/** Posts a form; `authorization` is a complete header. */
export async function postForm(url: string, form: Record<string, string> | URLSearchParams, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(form) });
  const text = await answer.text();
  return { ...answerShape.parse(text === '' ? {} : JSON.parse(text)), status: answer.status };
}

export async function register(server: string, metadata: Record<string, unknown> = {}): Promise<Answer> {
  const body = JSON.stringify({ client_name: 'Test client', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], ...metadata });
  const answer = await fetch(`${server}/oauth/register`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  return { ...answerShape.parse(await answer.json()), status: answer.status };
}

export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`;
}

/** The claims of a token, unverified. */
export function claimsOf(token: string | undefined): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.from((token ?? '').split('.')[1] ?? '', 'base64url').toString()));
}

export function headerOf(token: string | undefined): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(Buffer.from((token ?? '').split('.')[0] ?? '', 'base64url').toString()));
}

export class OAuthClient {
  browser = new OAuthBrowser();
  /** The verifier of the last request. */
  verifier = '';

  constructor(readonly server: string, readonly clientId: string, readonly redirectUri = CALLBACK) {}

  static async registered(server: string, metadata: Record<string, unknown> = {}): Promise<OAuthClient> {
    const { client_id: id = '' } = await register(server, metadata);
    return new OAuthClient(server, id);
  }

  authorizationUrl(changes: Record<string, string | undefined> = {}): string {
    this.verifier = randomBytes(32).toString('base64url');
    const url = new URL('/oauth/authorize', this.server);
    const all = {
      response_type: 'code', client_id: this.clientId, redirect_uri: this.redirectUri, state: 'xyz', scope: 'mcp', resource: `${this.server}/mcp`,
      code_challenge: createHash('sha256').update(this.verifier).digest('base64url'), code_challenge_method: 'S256', ...changes,
    };
    for (const [name, value] of Object.entries(all)) if (value !== undefined) url.searchParams.set(name, value);
    return url.href;
  }

  /** Sends the person through; gives where they ended up. */
  async authorize(changes: Record<string, string | undefined> = {}): Promise<URL> {
    const { away, page, status } = await this.browser.follow(this.authorizationUrl(changes));
    if (!away) throw new Error(`stayed at ${status}: ${page}`);
    return away;
  }

  redeem(code: string, changes: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Answer> {
    return postForm(`${this.server}/oauth/token`, {
      grant_type: 'authorization_code', code, client_id: this.clientId, redirect_uri: this.redirectUri, code_verifier: this.verifier, ...changes,
    }, headers);
  }

  /** The whole way. */
  async signIn(changes: Record<string, string | undefined> = {}): Promise<Answer> {
    const away = await this.authorize(changes);
    const code = away.searchParams.get('code');
    if (code === null) throw new Error(`no code: ${away.href}`);
    return this.redeem(code);
  }

  refresh(token: string | undefined, changes: Record<string, string> = {}): Promise<Answer> {
    return postForm(`${this.server}/oauth/token`, { grant_type: 'refresh_token', refresh_token: token ?? '', client_id: this.clientId, ...changes });
  }
}
