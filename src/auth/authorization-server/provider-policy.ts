/** Decisions the library asks for while it serves a request: who a person is, which consent counts, who may ask what. */
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import {
  errors, interactionPolicy, type AccessToken, type Account, type Client, type ClientCredentials, type FindAccount, type Grant,
  type KoaContextWithOIDC, type RefreshToken,
} from 'oidc-provider';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { Clock } from '../../protocol/clock.js';
import { Accounts, signInCounts } from '../accounts.port.js';
import { ClientDocuments } from './client-documents.js';
import { EndpointLimits } from './endpoint-limits.port.js';
import { RecentStepUps } from './step-up-hints.js';
import { mayIntrospect } from './structured-tokens.js';

const DAY_MS = 86_400_000;

type AnyToken = AccessToken | ClientCredentials | RefreshToken;

@Injectable()
export class ProviderPolicy {
  readonly #tried = new WeakMap<IncomingMessage, string>();

  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(EndpointLimits) private readonly limits: EndpointLimits,
    private readonly hints: RecentStepUps, private readonly documents: ClientDocuments, private readonly log: Log,
    private readonly settings: Settings, @Inject(Clock) private readonly clock: Clock,
  ) {}

  readonly findAccount: FindAccount = async (ctx, sub, token): Promise<Account | undefined> => {
    const account = await this.accounts.find(sub);
    const signedIn = signInOf(ctx, token);
    if (!account || account.disabled || !signInCounts(account, signedIn) || this.#isForgotten(signedIn)) return undefined;
    if (token?.kind === 'RefreshToken' && ctx.oidc.params?.['grant_type'] === 'refresh_token') this.#askForMore(sub, token);
    return { accountId: account.accountId, claims: () => ({ ...account.claims, sub: account.accountId }) };
  };

  /** The grant of a browser session, unless it rejected something that is asked for again: then the person decides anew. */
  readonly loadGrant = async (ctx: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const { client, provider, result, session } = ctx.oidc;
    if (!client) return undefined;
    const decided = result?.consent?.grantId;
    if (decided !== undefined) return provider.Grant.find(decided);
    const grantId = session?.grantIdFor(client.clientId);
    const grant = grantId === undefined ? undefined : await provider.Grant.find(grantId);
    if (!grant || grant.accountId !== ctx.oidc.account?.accountId) return undefined;
    const rejected = [grant.getRejectedOIDCScope(), ...Object.keys(grant.rejected?.resources ?? {}).map((resource) => grant.getRejectedResourceScope(resource))];
    const isRejected = rejected.join(' ').split(' ').some((scope) => scope !== '' && ctx.oidc.requestParamScopes.has(scope));
    return isRejected ? undefined : grant;
  };

  /** The library's questions, and one more: a browser may still be signed in as somebody who is gone. */
  get interactions(): interactionPolicy.DefaultPolicy {
    const policy = interactionPolicy.base();
    const gone = new interactionPolicy.Check('account_gone', 'the account is gone', (ctx) => ctx.oidc.session?.accountId !== undefined && ctx.oidc.account === undefined);
    policy.get('login')?.checks.add(gone);
    return policy;
  }

  /** Most clients never ask for `offline_access`; whoever may refresh gets a refresh token. */
  readonly issueRefreshToken = (_ctx: KoaContextWithOIDC, client: Client): Promise<boolean> => Promise.resolve(client.grantTypeAllowed('refresh_token'));

  /** Row F20: somebody else's token is answered like an unknown one. */
  readonly mayRevoke = (_ctx: KoaContextWithOIDC, client: Client, token: AnyToken): boolean => token.clientId === client.clientId;

  readonly mayIntrospect = (_ctx: KoaContextWithOIDC, client: Client, token: AnyToken): boolean => mayIntrospect(client, token.clientId ?? '');

  readonly mayFetchDocument = async (ctx: KoaContextWithOIDC | undefined, clientId: string): Promise<boolean> => {
    if (!this.documents.mayFetch(clientId)) return false;
    // Our own pages ask as well, outside of any request to the library.
    if (!ctx) return true;
    // The library looks a client up once more while it reports that it could not be found.
    if (this.#tried.get(ctx.req) === clientId) return false;
    this.#tried.set(ctx.req, clientId);
    const wait = await this.limits.take('client_document', ctx.req);
    if (wait !== undefined) this.log.warn('oauth.documents_limited', { clientId });
    return wait === undefined;
  };

  // Nobody tells us whom the company has put out; it is asked by way of another sign-in (checklist 33).
  #isForgotten(signedIn: number): boolean {
    const { authMode, federationSignInDays } = this.settings;
    return authMode === 'federated' && signedIn * 1000 < this.clock.now() - federationSignInDays * DAY_MS;
  }

  // First-generation clients answer "more scopes" with a refresh; failing it once makes them ask the person (pitfall 5).
  #askForMore(sub: string, token: RefreshToken): void {
    if (!this.hints.take(sub, token.clientId ?? '', new Set(token.scope?.split(' ')))) return;
    this.log.info('oauth.step_up_refresh_refused', { client: token.clientId });
    throw new errors.InvalidGrant('more scopes are needed than this token has; ask the person');
  }
}

// A request that was under way while somebody was put out may have written its session, or a code for it, after that. What
// was asserted by another issuer names no sign-in of ours.
function signInOf({ oidc }: KoaContextWithOIDC, token: Parameters<FindAccount>[2]): number {
  if (!token) return oidc.session?.authTime() ?? Infinity;
  return 'authTime' in token && typeof token.authTime === 'number' ? token.authTime : Infinity;
}
