/** `/account`: what a person connected, and how to take it back. */
import { Controller, Get, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Settings } from '../../../config/settings.js';
import { fault } from '../../../protocol/faults.js';
import { SignIn } from '../../accounts/sign-in.js';
import { clientAddress } from '../../../limits/client-address.js';
import type { User } from '../../users.port.js';
import { Users } from '../../users.js';
import { ProviderHolder } from '../provider-holder.js';
import { AccountSessions, type AccountSession } from './account-sessions.js';
import { ConnectedApps } from './connected-apps.js';
import { readForm, type Form } from './form-body.js';
import { FormTokens } from './form-tokens.js';
import { PageFaults } from './page-faults.filter.js';
import { PageWriter } from './page-writer.js';
import { accountPage } from './pages/account-page.js';
import type { PageContent } from './pages/layout.js';
import { newPasswordPage } from './pages/sign-in-pages.js';

const revokeShape = z.object({ client: z.string().min(1).max(2048) });
const passwordShape = z.object({ current: z.string().max(1000), password: z.string().max(1000), repeated: z.string().max(1000) });

const NOTICES = new Map([['removed', 'Its access is removed'], ['password', 'Your password is changed. Applications you connected before have to be connected again.']]);

@Controller('account')
@UseFilters(PageFaults)
export class AccountController {
  constructor(
    private readonly sessions: AccountSessions, private readonly apps: ConnectedApps, private readonly users: Users, private readonly signIn: SignIn,
    private readonly tokens: FormTokens, private readonly writer: PageWriter, private readonly holder: ProviderHolder, private readonly settings: Settings,
  ) {}

  @Get()
  async show(@Req() request: Request, @Res() response: Response): Promise<void> {
    const session = await this.sessions.find(request);
    if (!session) return this.#toSignIn(response, '/account');
    const { displayName, login, passwordHash, id } = session.user;
    const notice = NOTICES.get(z.string().catch('').parse(request.query['done']));
    this.writer.page(response, accountPage({
      name: displayName, login, apps: await this.apps.of(id), hasPassword: passwordHash !== undefined, notice, token: await this.tokens.issue(boundTo(session)),
    }), 200);
  }

  @Post('revoke')
  async revoke(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { session, form } = await this.#posted(request);
    const members = revokeShape.safeParse(form.members);
    if (!members.success) throw fault('form_refused', { detail: 'no client' });
    await this.apps.remove(session.user.id, members.data.client);
    this.writer.seeOther(response, '/account?done=removed');
  }

  @Post('sign-out')
  async signOut(@Req() request: Request, @Res() response: Response): Promise<void> {
    await this.#posted(request);
    await this.sessions.end(request, response);
    await this.#endSignOn(request, response);
    this.writer.seeOther(response, '/account/sign-in');
  }

  @Get('password')
  async showPassword(@Req() request: Request, @Res() response: Response): Promise<void> {
    const session = await this.sessions.find(request);
    if (!session) return this.#toSignIn(response, '/account/password');
    this.writer.page(response, await this.#passwordPage(session, undefined), 200);
  }

  @Post('password')
  async changePassword(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { session, form } = await this.#posted(request);
    const members = passwordShape.safeParse(form.members);
    if (!members.success) throw fault('form_refused', { detail: 'members are missing' });
    const problem = await this.#passwordProblem(session.user, members.data, clientAddress(request, this.settings));
    if (problem !== undefined) return this.writer.page(response, await this.#passwordPage(session, problem), 422);
    const changed = await this.users.setPassword(session.user.id, members.data.password);
    // All sessions of the old password are over, this one's included; whoever sits here goes on in a new one.
    if (changed) await this.sessions.open(changed, request, response);
    this.writer.seeOther(response, '/account?done=password');
  }

  async #passwordProblem(user: User, { current, password, repeated }: z.output<typeof passwordShape>, address: string): Promise<string | undefined> {
    if (password !== repeated) return 'The two new passwords differ. Type them again';
    if (!await this.signIn.confirm(user, current, address)) return 'The current password is wrong, or was tried too often. Wait a moment and try again';
    return this.users.passwordFault(user, password);
  }

  async #passwordPage(session: AccountSession, problem: string | undefined): Promise<PageContent> {
    const form = { action: '/account/password', token: await this.tokens.issue(boundTo(session)) };
    return newPasswordPage(form, session.user.login, { ticket: undefined, reason: 'Applications you connected will have to be connected again.', problem });
  }

  async #posted(request: Request): Promise<{ session: AccountSession; form: Form }> {
    const session = await this.sessions.find(request);
    if (!session) throw fault('form_refused', { detail: 'nobody is signed in' });
    const form = await readForm(request);
    await this.tokens.check(request, boundTo(session), form.members['token']);
    return { session, form };
  }

  // Who signs out here does not expect the next application to be connected without a question.
  async #endSignOn(request: Request, response: Response): Promise<void> {
    const { provider } = this.holder;
    const session = await provider.Session.get(provider.createContext(request, response));
    if (session.accountId !== undefined) await session.destroy();
  }

  #toSignIn(response: Response, wanted: string): void {
    this.writer.seeOther(response, `/account/sign-in?return_to=${encodeURIComponent(wanted)}`);
  }
}

function boundTo({ id }: AccountSession): string {
  return `account ${id}`;
}
