/** The decision of a person about a client: what is asked, what their roles allow, what they agreed to. */
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Accounts, signInCounts, type Account } from '../../accounts.port.js';
import type { ClientIntroduction } from '../../pages.port.js';
import { RoleMap } from '../../role-map.js';
import { fault } from '../../../protocol/faults.js';
import { stringAt } from '../../../protocol/json.js';
import { Grants, type InteractionDetails } from '../grants.js';
import { ProviderHolder } from '../provider-holder.js';
import { OPENID_SCOPES } from '../resource-policy.js';
import type { Form } from './form-body.js';
import { consentPage, WITHOUT_CHOICE } from './pages/consent-page.js';
import type { PageContent } from './pages/layout.js';
import type { FormPlace } from './pages/sign-in-pages.js';

const decisionShape = z.object({ decision: z.enum(['approve', 'deny']) });

const ADMIN = 'admin';

/** What came of a posted decision. */
export type Decision =
  | { kind: 'page'; content: PageContent; status: number }
  | { kind: 'granted'; grantId: string }
  | { kind: 'denied' };

interface Asked {
  account: Account;
  offered: string[];
  granted: string[];
  beyond: string[];
}

@Injectable()
export class Consent {
  constructor(
    private readonly holder: ProviderHolder, private readonly grants: Grants,
    @Inject(Accounts) private readonly accounts: Accounts, @Inject(RoleMap) private readonly roles: RoleMap,
  ) {}

  async show(form: FormPlace, client: ClientIntroduction, details: InteractionDetails): Promise<PageContent> {
    return this.#page(form, client, await this.#asked(details), undefined);
  }

  async answer(form: FormPlace, client: ClientIntroduction, details: InteractionDetails, posted: Form): Promise<Decision> {
    const decision = decisionShape.safeParse(posted.members);
    if (!decision.success) throw fault('form_refused', { detail: 'no decision' });
    if (decision.data.decision === 'deny') return { kind: 'denied' };
    const asked = await this.#asked(details);
    const ticked = posted.all('scope');
    const isChoice = (scope: string): boolean => !WITHOUT_CHOICE.includes(scope);
    // Judged again, not believed: what the form names counts only where it was offered.
    const approved = asked.offered.filter((scope) => !isChoice(scope) || ticked.includes(scope));
    const isNothing = approved.length === 0 || (asked.offered.some(isChoice) && !approved.some(isChoice));
    if (isNothing && asked.granted.length === 0) {
      return { kind: 'page', content: this.#page(form, client, asked, 'Choose at least one permission, or do not allow access'), status: 422 };
    }
    return { kind: 'granted', grantId: await this.grants.approve({ details, accountId: asked.account.accountId, approvedScopes: approved }) };
  }

  /** Every scope of the request, for the page before the company's sign-in. */
  requested(details: InteractionDetails): string[] {
    return this.grants.requestedScopes(details);
  }

  async #asked(details: InteractionDetails): Promise<Asked> {
    const account = await this.#signedIn(details);
    if (!account) throw fault('sign_in_over', { detail: 'nobody, or somebody disabled, is signed in' });
    const asked = this.requested(details);
    const before = await this.#before(details, account.accountId);
    const granted = asked.filter((scope) => before.has(scope));
    const fresh = asked.filter((scope) => !before.has(scope));
    const offered = fresh.filter((scope) => OPENID_SCOPES.includes(scope) || account.roles.includes(ADMIN) || this.roles.mayHold(account.roles, scope));
    return { account, offered, granted, beyond: fresh.filter((scope) => !offered.includes(scope)) };
  }

  async #signedIn({ session: found }: InteractionDetails): Promise<Account | undefined> {
    if (!found) return undefined;
    const [account, session] = await Promise.all([this.accounts.find(found.accountId), this.holder.provider.Session.findByUid(found.uid)]);
    return account && !account.disabled && signInCounts(account, session?.authTime() ?? 0) ? account : undefined;
  }

  /** What the person granted to this client the last time. */
  async #before({ grantId, params }: InteractionDetails, accountId: string): Promise<ReadonlySet<string>> {
    const grant = grantId === undefined ? undefined : await this.holder.provider.Grant.find(grantId);
    if (!grant || grant.accountId !== accountId || grant.clientId !== params['client_id']) return new Set();
    const scopes = [grant.getOIDCScope(), ...Object.keys(grant.resources ?? {}).map((resource) => grant.getResourceScope(resource))];
    return new Set(scopes.join(' ').split(' ').filter(Boolean));
  }

  #page(form: FormPlace, client: ClientIntroduction, { account, offered, granted, beyond }: Asked, problem: string | undefined): PageContent {
    const person = stringAt(account.claims, 'name') ?? stringAt(account.claims, 'preferred_username') ?? account.accountId;
    return consentPage(form, { client, person, offered, granted, beyond, problem });
  }
}
