/** Where the library would show pages of its own, ours are shown. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { Client, ErrorOut, KoaContextWithOIDC } from 'oidc-provider';
import { Settings } from '../../config/settings.js';
import { Pages, type ClientIntroduction, type DeviceProblem, type PageForm } from '../pages.port.js';
import { clientAddress } from '../../limits/client-address.js';
import { introduce } from './interactions/introduce.js';
import { UserCodeGuesses } from './user-code-guesses.js';

/** How the cookie is sent that stands for a browser session. */
export const SESSION_COOKIE = { httpOnly: true, sameSite: 'lax', signed: true, path: '/' } as const;

const DEVICE_PROBLEMS = new Map<string, DeviceProblem>([
  ['NoCodeError', 'code_missing'], ['NotFoundError', 'code_unknown'], ['ExpiredError', 'code_expired'],
  ['AlreadyUsedError', 'code_used'], ['AbortedError', 'aborted'],
]);

@Injectable()
export class PageHooks {
  readonly #prefilled = new WeakMap<IncomingMessage, string>();

  constructor(@Inject(Pages) private readonly pages: Pages, private readonly settings: Settings, private readonly guesses: UserCodeGuesses) {}

  /** Shows a device code in the form, instead of the library's page that posts itself with a script. */
  prefill(request: IncomingMessage, userCode: string): void {
    this.#prefilled.set(request, userCode);
  }

  readonly renderError = (ctx: KoaContextWithOIDC, out: ErrorOut): void => {
    this.#show(ctx, this.pages.error({ error: out.error, description: out.error_description, status: ctx.status }));
  };

  /** Answers in place of the library. */
  refuse(response: ServerResponse, status: number, { error, error_description: description }: ErrorOut): void {
    response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', ...this.pages.headers }).end(this.pages.error({ error, description, status }));
  }

  readonly logout = (ctx: KoaContextWithOIDC): void => {
    this.#show(ctx, this.pages.logout(formOf(ctx, 'end_session_confirm')));
  };

  readonly logoutDone = (ctx: KoaContextWithOIDC): void => {
    const { client } = ctx.oidc;
    this.#show(ctx, this.pages.logoutDone(client && introductionOf(client)));
  };

  readonly deviceInput = async (ctx: KoaContextWithOIDC, _form: string, _out?: ErrorOut, error?: Error): Promise<void> => {
    if (error) await this.#keepSession(ctx);
    const problem = error && (DEVICE_PROBLEMS.get(error.name) ?? 'failed');
    if (problem === 'code_unknown') this.guesses.wrong(ctx.req);
    const typed = error && 'userCode' in error && typeof error.userCode === 'string' ? error.userCode : undefined;
    this.#show(ctx, this.pages.deviceInput(formOf(ctx, 'code_verification'), { userCode: typed ?? this.#prefilled.get(ctx.req), problem }));
  };

  readonly deviceConfirm = (ctx: KoaContextWithOIDC, _form: string, client: Client, deviceInfo: Record<string, unknown>, userCode: string): void => {
    const { address, agent } = deviceInfo;
    this.#show(ctx, this.pages.deviceConfirm(formOf(ctx, 'code_verification'), {
      userCode, client: introductionOf(client),
      address: typeof address === 'string' ? address : undefined, agent: typeof agent === 'string' ? agent : undefined,
    }));
  };

  readonly deviceDone = (ctx: KoaContextWithOIDC): void => {
    const { client } = ctx.oidc;
    if (client) this.#show(ctx, this.pages.deviceDone(introductionOf(client)));
  };

  /** What is kept about a device that asks for a code. */
  readonly deviceInfo = (ctx: KoaContextWithOIDC): Record<string, unknown> => ({
    address: clientAddress(ctx.req, this.settings), agent: ctx.get('user-agent').slice(0, 256),
  });

  // A form in answer to an error is made after the library has looked after sessions: a browser that came without one would
  // get a form that belongs to none, and the library fails where it wants to renew what it never kept.
  async #keepSession({ oidc: { cookies, provider, session } }: KoaContextWithOIDC): Promise<void> {
    if (!session || session.exp !== undefined) return;
    cookies.set(provider.cookieName('session'), session.jti, SESSION_COOKIE);
    await session.save(this.settings.signInSeconds);
  }

  #show(ctx: KoaContextWithOIDC, html: string): void {
    ctx.type = 'html';
    for (const [name, value] of Object.entries(this.pages.headers)) ctx.set(name, value);
    ctx.body = html;
  }
}

function introductionOf({ clientId, clientName }: Client): ClientIntroduction {
  return introduce({ clientId, clientName }, undefined);
}

function formOf(ctx: KoaContextWithOIDC, route: string): PageForm {
  const secret = ctx.oidc.session?.state?.['secret'];
  return { action: ctx.oidc.urlFor(route), xsrf: typeof secret === 'string' ? secret : '' };
}
