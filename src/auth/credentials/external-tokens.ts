/** Judges claims of tokens of an external issuer: what they are called there, and what that means here. */
import type { Settings } from '../../config/settings.js';
import type { Clock } from '../../protocol/clock.js';
import type { JsonObject } from '../../protocol/message.js';
import { rolesFromClaims, type RoleMapping } from '../roles.js';
import type { ClaimsJudge } from './access-token.strategy.js';
import { textClaim, wordsClaim } from './claims.js';
import { proofKeyOf } from './proof-key.js';
import { malformed } from './token-shape.js';
import { checkTimes } from './token-times.js';
import { Verified } from './verified.js';

// Members of ID tokens (OpenID Connect Core §2, §3.3.2.11): no profile of access tokens has them.
const OF_ID_TOKENS = ['nonce', 'at_hash', 'c_hash', 's_hash'] as const;
// Keycloak says in the payload what a token is for; an offline token is a refresh token.
const OTHER_TYPES: readonly unknown[] = ['ID', 'Refresh', 'Offline'];

/** How an issuer speaks. */
export type ClaimMapping = RoleMapping & Pick<Settings, 'claimSubject' | 'claimClient' | 'claimScopes' | 'claimTenant' | 'scopeAliases' | 'clockSkewSeconds'>;

export class ExternalTokens implements ClaimsJudge {
  /** @param rememberMs the longest a verdict may be believed. */
  constructor(private readonly issuer: string, private readonly mapping: ClaimMapping, private readonly clock: Clock, private readonly rememberMs: number | undefined) {}

  async judge(claims: JsonObject): Promise<Verified> {
    const { mapping, issuer } = this;
    if (isForAnotherPurpose(claims)) throw malformed('not an access token');
    const expiresAt = checkTimes(claims, this.clock.now(), mapping.clockSkewSeconds);
    const subject = textClaim(claims, mapping.claimSubject);
    if (subject === undefined) throw malformed('subject is missing');
    const client = textClaim(claims, mapping.claimClient) ?? subject;
    return new Verified('token', {
      kind: isMachine(claims, subject, client) ? 'client' : 'user', issuer, subject, client,
      scopes: this.#scopes(claims), roles: rolesFromClaims(claims, mapping), tenant: textClaim(claims, mapping.claimTenant) ?? 'default',
    }, { expiresAt, proofKey: proofKeyOf(claims), rememberMs: this.rememberMs });
  }

  #scopes(claims: JsonObject): string[] {
    const { claimScopes, scopeAliases } = this.mapping;
    const scopes = wordsClaim(claims, claimScopes).flatMap((scope) => (Object.hasOwn(scopeAliases, scope) ? scopeAliases[scope] ?? [] : [scope]));
    return [...new Set(scopes)].filter((scope) => scope !== '*');
  }
}

// Entra marks machines with `idtyp`, Auth0 with `gty`; elsewhere a machine is its own subject.
function isMachine(claims: JsonObject, subject: string, client: string): boolean {
  return subject === client || claims['idtyp'] === 'app' || claims['gty'] === 'client-credentials';
}

// Where an issuer does not type its access tokens, nothing in the header tells them from others with the same audience.
function isForAnotherPurpose(claims: JsonObject): boolean {
  return OF_ID_TOKENS.some((name) => Object.hasOwn(claims, name)) || OTHER_TYPES.includes(claims['typ']);
}
