/** `/oauth/interaction/:uid`: what the authorization server wants to know from a person, one question at a time. */
import { Controller, Get, Inject, Param, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Settings } from '../../../config/settings.js';
import { Clock } from '../../../protocol/clock.js';
import { fault } from '../../../protocol/faults.js';
import { signInTime } from '../../accounts.port.js';
import { clientAddress } from '../../../limits/client-address.js';
import type { ClientIntroduction } from '../../pages.port.js';
import type { User } from '../../users.port.js';
import type { InteractionDetails } from '../grants.js';
import { ProviderHolder } from '../provider-holder.js';
import { Consent } from './consent.js';
import { Cookies } from './cookies.js';
import { Federation } from './federation/federation.js';
import { readForm, type Form } from './form-body.js';
import { FormTokens } from './form-tokens.js';
import { introduce } from './introduce.js';
import { PageFaults } from './page-faults.filter.js';
import { PageWriter } from './page-writer.js';
import { SignInDialog, type Step, type Visit } from './sign-in-dialog.js';

const paramsShape = z.object({ client_id: z.string(), redirect_uri: z.string().optional().catch(undefined) });

@Controller('oauth/interaction/:uid')
@UseFilters(PageFaults)
export class InteractionController {
  constructor(
    private readonly holder: ProviderHolder, private readonly consent: Consent, private readonly federation: Federation,
    @Inject(SignInDialog) private readonly signIn: SignInDialog,
    private readonly tokens: FormTokens, private readonly cookies: Cookies, private readonly writer: PageWriter,
    private readonly settings: Settings, @Inject(Clock) private readonly clock: Clock,
  ) {}

  @Get()
  async show(@Param('uid') uid: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const details = await this.#open(uid, request, response);
    const visit = await this.#visit(details, request);
    const content = details.prompt.name === 'login' ? this.signIn.show(visit) : await this.consent.show(visit.form, visit.client, details);
    this.writer.page(response, content, 200);
  }

  @Post()
  async decide(@Param('uid') uid: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const details = await this.#openForForm(uid, request, response);
    const form = await readForm(request, ['scope']);
    await this.tokens.check(request, boundTo(uid), form.members['token']);
    // A second press of the button: the answer is there already, and nothing is granted twice.
    if (details.result) return this.writer.seeOther(response, details.returnTo);
    const visit = await this.#visit(details, request);
    await (details.prompt.name === 'login' ? this.#login(details, visit, form, request, response) : this.#consent(details, visit, form, request, response));
  }

  /** The way back from the company's provider. */
  @Get('return')
  async comeBack(@Param('uid') uid: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const details = await this.#open(uid, request, response);
    if (details.prompt.name !== 'login' || details.result) throw fault('sign_in_over', { detail: 'the answer came twice' });
    const begun = this.clock.now();
    const arrival = await this.federation.arrive(uid, request, response);
    if (arrival.kind === 'failed') return this.#finish(request, response, { error: arrival.error, error_description: arrival.description });
    await this.#finish(request, response, { login: loginOf(arrival, begun) });
  }

  async #login(details: InteractionDetails, visit: Visit, form: Form, request: Request, response: Response): Promise<void> {
    if (form.members['decision'] === 'cancel') return this.#deny(request, response);
    const begun = this.clock.now();
    const step = await this.signIn.answer(visit, form);
    if (step.kind === 'signed_in') {
      if (step.device) this.cookies.write(response, 'gatehouse_device', step.device.value, step.device.maxAgeSeconds);
      return this.#finish(request, response, { login: loginOf(step, begun) });
    }
    this.#go(details.uid, step, response);
  }

  async #consent(details: InteractionDetails, visit: Visit & { client: ClientIntroduction }, form: Form, request: Request, response: Response): Promise<void> {
    const decision = await this.consent.answer(visit.form, visit.client, details, form);
    if (decision.kind === 'page') return this.writer.page(response, decision.content, decision.status);
    if (decision.kind === 'denied') return this.#deny(request, response);
    await this.holder.provider.interactionFinished(request, response, { consent: { grantId: decision.grantId } }, { mergeWithLastSubmission: true });
  }

  #go(uid: string, step: Exclude<Step, { kind: 'signed_in' }>, response: Response): void {
    if (step.kind === 'page') return this.writer.page(response, step.content, step.status, step.retryAfterSeconds);
    this.cookies.write(response, `gatehouse_hop_${uid}`, step.hop.value, step.hop.maxAgeSeconds);
    this.writer.seeOther(response, step.url);
  }

  #deny(request: Request, response: Response): Promise<void> {
    return this.#finish(request, response, { error: 'access_denied', error_description: 'The person did not allow access' });
  }

  #finish(request: Request, response: Response, result: Parameters<ProviderHolder['provider']['interactionFinished']>[2]): Promise<void> {
    return this.holder.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }

  async #open(uid: string, request: Request, response: Response): Promise<InteractionDetails> {
    const details = await this.holder.provider.interactionDetails(request, response);
    if (details.uid !== uid) throw fault('form_refused', { detail: 'the cookie is of another interaction' });
    return details;
  }

  // A form whose interaction is gone is a replay, or was posted from elsewhere: refused, not merely late (row F8).
  #openForForm(uid: string, request: Request, response: Response): Promise<InteractionDetails> {
    return this.#open(uid, request, response).catch((error: unknown) => {
      throw fault('form_refused', { cause: error });
    });
  }

  async #visit(details: InteractionDetails, request: Request): Promise<Visit & { client: ClientIntroduction }> {
    const params = paramsShape.parse(details.params);
    const client = await this.holder.provider.Client.find(params.client_id);
    if (!client) throw fault('sign_in_over', { detail: 'the client is gone' });
    return {
      form: { action: `/oauth/interaction/${details.uid}`, token: await this.tokens.issue(boundTo(details.uid)) },
      name: details.uid, client: introduce(client, params.redirect_uri), scopes: this.consent.requested(details),
      address: clientAddress(request, this.settings), deviceCookie: this.cookies.read(request, 'gatehouse_device'),
    };
  }
}

function loginOf({ user, amr }: { user: User; amr: string[] }, begun: number): { accountId: string; amr: string[]; ts: number } {
  return { accountId: user.id, amr, ts: signInTime(user, begun) };
}

function boundTo(uid: string): string {
  return `interaction ${uid}`;
}
