/**
 * Exchanges an assertion of the company's identity provider for an access token, without asking the person: identity
 * assertion authorization grant (ID-JAG, "enterprise-managed authorization"), carried by RFC 7523.
 */
import { Inject, Injectable } from '@nestjs/common';
import { decodeJwt, jwtVerify } from 'jose';
import { errors, type Client, type KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { Clock } from '../../protocol/clock.js';
import { Accounts, type Account } from '../accounts.port.js';
import { OidcModelStore } from '../oidc-models.port.js';
import { RoleMap } from '../role-map.js';
import { clientKind } from './client-kind.js';
import { machineGrantId } from './client-registry.js';
import { ModelSeal } from './model-seal.js';
import { ResourcePolicy } from './resource-policy.js';
import { TrustedIssuers } from './trusted-issuers.js';

const MAX_ASSERTION = 16_384;
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];
const claimShape = z.object({
  iss: z.string(), sub: z.string().min(1), jti: z.string().min(1).max(512), exp: z.number(), client_id: z.string(),
  resource: z.union([z.string(), z.array(z.string())]), scope: z.string().optional(),
});
type Claims = z.output<typeof claimShape>;

@Injectable()
export class AssertionGrant {
  constructor(
    private readonly settings: Settings, private readonly issuers: TrustedIssuers, private readonly resources: ResourcePolicy,
    private readonly seal: ModelSeal, private readonly log: Log,
    @Inject(RoleMap) private readonly roles: RoleMap,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(OidcModelStore) private readonly store: OidcModelStore,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Answers a token request with this grant; throws what the library answers with. */
  readonly handle = async (ctx: KoaContextWithOIDC): Promise<void> => {
    const { client, params = {}, provider } = ctx.oidc;
    // Checked when the client was made, and again where the token is.
    if (!client || clientKind(client.clientId) !== 'operator' || client.clientAuthMethod === 'none') throw new errors.UnauthorizedClient('the client may not use this grant');
    if (params['resource'] !== undefined && !this.resources.accepts(String(params['resource']))) throw new errors.InvalidTarget('the resource is not served here');
    const claims = await this.#verify(params['assertion'], client, provider.issuer);
    const account = await this.accounts.findByIdentity(claims.iss, claims.sub);
    if (!account || account.disabled) throw refused('nobody here belongs to the subject');
    const scope = this.#scopes(client, claims, account, params['scope']);
    await this.#useOnce(claims);
    const grantId = machineGrantId(client.clientId, client['gatehouse_generation']);
    const token = new provider.AccessToken({ accountId: account.accountId, client, grantId, gty: 'jwt_bearer', scope });
    const resource = this.resources.audience;
    token.resourceServer = new provider.ResourceServer(resource, this.resources.resourceServer(ctx, resource, client));
    ctx.oidc.entity('AccessToken', token);
    ctx.body = { access_token: await token.save(), token_type: token.tokenType, expires_in: token.expiration, scope };
  };

  async #verify(assertion: unknown, client: Client, audience: string): Promise<Claims> {
    if (typeof assertion !== 'string' || assertion.length > MAX_ASSERTION) throw new errors.InvalidRequest('assertion is missing or too long');
    try {
      const { iss } = decodeJwt(assertion);
      if (iss === undefined || !this.issuers.isTrusted(iss)) throw new Error('the issuer is not trusted');
      const { payload } = await jwtVerify(assertion, await this.issuers.keysOf(iss), {
        issuer: iss, audience, typ: 'oauth-id-jag+jwt', algorithms: ALGORITHMS, clockTolerance: this.settings.clockSkewSeconds,
        requiredClaims: ['exp', 'iat', 'jti', 'sub'], currentDate: new Date(this.clock.now()),
      });
      const claims = claimShape.parse(payload);
      if (claims.client_id !== client.clientId) throw new Error('the assertion is for another client');
      if (![claims.resource].flat().some((resource) => this.resources.accepts(resource))) throw new Error('the assertion is for another resource');
      return claims;
    } catch (error) {
      throw refused(error instanceof Error ? error.message : 'unreadable');
    }
  }

  #scopes(client: Client, claims: Claims, { roles }: Account, asked: unknown): string {
    const granted = claims.scope?.split(' ') ?? this.settings.baselineScopes;
    const wanted = typeof asked === 'string' ? asked.split(' ') : granted;
    // Nobody is asked here, and so the roles of the person say what they would say at consent.
    const scopes = this.resources.limit(client, wanted.filter((scope) => granted.includes(scope) && this.roles.mayHold(roles, scope)));
    if (scopes.length === 0) throw new errors.InvalidScope('the assertion allows none of the requested scopes', wanted.join(' '));
    return scopes.join(' ');
  }

  async #useOnce({ iss, jti, exp }: Claims): Promise<void> {
    const id = this.seal.mark('assertion', JSON.stringify([iss, jti]));
    const expiresAt = (exp + this.settings.clockSkewSeconds + 1) * 1000;
    const model = { model: 'ReplayDetection', id, payload: {}, expiresAt };
    await this.store.upsert({ ...model, grantId: undefined, uid: undefined, userCode: undefined, consumedAt: undefined });
    if (await this.store.consume('ReplayDetection', id, this.clock.now())) return;
    this.log.warn('oauth.assertion_replayed', { issuer: iss });
    throw refused('the assertion was used before');
  }
}

function refused(reason: string): errors.InvalidGrant {
  return new errors.InvalidGrant(reason);
}
