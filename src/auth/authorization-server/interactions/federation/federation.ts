/** Signing in at the company's provider: the question before, the way there, the way back. */
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AuthorizationResponseError } from 'openid-client';
import { Log } from '../../../../observability/log.js';
import { fault } from '../../../../protocol/faults.js';
import type { User } from '../../../users.port.js';
import { Cookies } from '../cookies.js';
import type { Form } from '../form-body.js';
import type { PageContent } from '../pages/layout.js';
import { companySignInPage } from '../pages/sign-in-pages.js';
import type { SignInDialog, Step, Visit } from '../sign-in-dialog.js';
import { Hops } from './hop.js';
import { Shadows } from './shadows.js';
import { Upstream } from './upstream.js';

/** Who came back, or why nobody did, as an OAuth error for the client that waits. */
export type Arrival =
  | { kind: 'signed_in'; user: User; amr: string[] }
  | { kind: 'failed'; error: 'access_denied' | 'temporarily_unavailable' | 'server_error'; description: string };

@Injectable()
export class Federation implements SignInDialog {
  constructor(
    private readonly upstream: Upstream, private readonly hops: Hops, private readonly shadows: Shadows,
    private readonly cookies: Cookies, private readonly log: Log,
  ) {}

  show({ form, client, scopes }: Visit): PageContent {
    return companySignInPage(form, this.upstream.host, client, scopes);
  }

  /** The person agreed to this client: only now is there a state to come back with. */
  async answer(visit: Visit, form: Form): Promise<Step> {
    if (form.members['decision'] !== 'sign_in') throw fault('form_refused', { detail: 'no decision' });
    const hop = await this.hops.begin(visit.name);
    try {
      return { kind: 'away', url: await this.upstream.departure(hop), hop: await this.hops.keepsake(hop) };
    } catch (error) {
      throw fault('credentials_unavailable', { say: 'The company sign-in cannot be reached right now; try again', cause: error, retryAfterSeconds: 10 });
    }
  }

  /** Judges the answer that came back to one visit. Throws `sign_in_over` for one that nobody waits for in this browser. */
  async arrive(visit: string, request: Request, response: Response): Promise<Arrival> {
    const hop = await this.hops.end(visit, this.cookies.read(request, `gatehouse_hop_${visit}`));
    this.cookies.clear(response, `gatehouse_hop_${visit}`);
    if (!hop) throw fault('sign_in_over', { detail: 'no hop is open in this browser' });
    try {
      const user = await this.shadows.settle(await this.upstream.arrival(queryOf(request), hop));
      if (user.disabled) return { kind: 'failed', error: 'access_denied', description: 'This account is disabled' };
      this.log.info('signin.succeeded', { user: user.id, by: this.upstream.host });
      return { kind: 'signed_in', user, amr: ['ext'] };
    } catch (error) {
      return this.#failure(error);
    }
  }

  #failure(error: unknown): Arrival {
    if (error instanceof AuthorizationResponseError) {
      this.log.info('federation.refused', { error: error.error });
      // What the provider says about it may name people and policies; the client needs the code only.
      const description = 'The company sign-in did not succeed';
      return { kind: 'failed', error: error.error === 'temporarily_unavailable' ? 'temporarily_unavailable' : 'access_denied', description };
    }
    this.log.error('federation.failed', { error: error instanceof Error ? error.stack : String(error) });
    return { kind: 'failed', error: 'server_error', description: 'The company sign-in gave an answer that cannot be used' };
  }
}

function queryOf({ originalUrl }: Request): URLSearchParams {
  return new URL(originalUrl, 'http://own.invalid').searchParams;
}
