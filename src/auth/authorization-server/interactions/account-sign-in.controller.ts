/** `/account/sign-in`: the same dialog as for a client, with nobody waiting for the answer. */
import { Controller, Get, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Settings } from '../../../config/settings.js';
import { Random } from '../../../protocol/clock.js';
import { fault } from '../../../protocol/faults.js';
import { clientAddress } from '../../../limits/client-address.js';
import { AccountSessions } from './account-sessions.js';
import { Cookies } from './cookies.js';
import { Federation } from './federation/federation.js';
import { readForm } from './form-body.js';
import { FormTokens } from './form-tokens.js';
import { ownPath } from './own-path.js';
import { PageFaults } from './page-faults.filter.js';
import { PageWriter } from './page-writer.js';
import { errorPage } from './pages/message-pages.js';
import { SignInDialog, type Visit } from './sign-in-dialog.js';

const VISIT = 'account';
const VISITOR_SECONDS = 3600;

@Controller('account')
@UseFilters(PageFaults)
export class AccountSignInController {
  constructor(
    @Inject(SignInDialog) private readonly signIn: SignInDialog, private readonly federation: Federation, private readonly sessions: AccountSessions,
    private readonly tokens: FormTokens, private readonly cookies: Cookies, private readonly writer: PageWriter, @Inject(Random) private readonly random: Random, private readonly settings: Settings,
  ) {}

  @Get('sign-in')
  async show(@Req() request: Request, @Res() response: Response): Promise<void> {
    const returnTo = returnPath(request);
    if (await this.sessions.find(request)) return this.writer.seeOther(response, returnTo);
    const visitor = this.cookies.read(request, 'gatehouse_visitor') ?? this.random.bytes(16).toString('base64url');
    this.cookies.write(response, 'gatehouse_visitor', visitor, VISITOR_SECONDS);
    this.writer.page(response, this.signIn.show(await this.#visit(visitor, returnTo, request)), 200);
  }

  @Post('sign-in')
  async answer(@Req() request: Request, @Res() response: Response): Promise<void> {
    const visitor = this.cookies.read(request, 'gatehouse_visitor');
    if (visitor === undefined) throw fault('form_refused', { detail: 'the browser never saw the form' });
    const form = await readForm(request);
    await this.tokens.check(request, boundTo(visitor), form.members['token']);
    const returnTo = returnPath(request);
    const step = await this.signIn.answer(await this.#visit(visitor, returnTo, request), form);
    if (step.kind === 'page') return this.writer.page(response, step.content, step.status, step.retryAfterSeconds);
    if (step.kind === 'away') {
      this.cookies.write(response, `gatehouse_hop_${VISIT}`, step.hop.value, step.hop.maxAgeSeconds);
      return this.writer.seeOther(response, step.url);
    }
    if (step.device) this.cookies.write(response, 'gatehouse_device', step.device.value, step.device.maxAgeSeconds);
    this.cookies.clear(response, 'gatehouse_visitor');
    await this.sessions.open(step.user, request, response);
    this.writer.seeOther(response, returnTo);
  }

  /** The way back from the company's provider. */
  @Get('return')
  async comeBack(@Req() request: Request, @Res() response: Response): Promise<void> {
    const arrival = await this.federation.arrive(VISIT, request, response);
    if (arrival.kind === 'failed') return this.writer.page(response, errorPage({ error: arrival.error, description: arrival.description, status: 403 }), 403);
    this.cookies.clear(response, 'gatehouse_visitor');
    await this.sessions.open(arrival.user, request, response);
    this.writer.seeOther(response, '/account');
  }

  async #visit(visitor: string, returnTo: string, request: Request): Promise<Visit> {
    const query = returnTo === '/account' ? '' : `?return_to=${encodeURIComponent(returnTo)}`;
    return {
      form: { action: `/account/sign-in${query}`, token: await this.tokens.issue(boundTo(visitor)) },
      name: VISIT, client: undefined, scopes: [], address: clientAddress(request, this.settings), deviceCookie: this.cookies.read(request, 'gatehouse_device'),
    };
  }
}

function boundTo(visitor: string): string {
  return `visitor ${visitor}`;
}

function returnPath(request: Request): string {
  return ownPath(z.string().optional().catch(undefined).parse(request.query['return_to']));
}
