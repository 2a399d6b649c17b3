/**
 * Judges claims of tokens that our own authorization server issued. A signature only says what was true minutes ago: whether
 * the grant was taken back, and what the person may do now, is looked up.
 */
import { z } from 'zod';
import type { Clock } from '../../protocol/clock.js';
import type { JsonObject } from '../../protocol/message.js';
import { clientKind } from '../authorization-server/client-kind.js';
import type { Revocations } from '../revocations.port.js';
import type { UserStore } from '../users.port.js';
import type { ClaimsJudge } from './access-token.strategy.js';
import { wordsClaim } from './claims.js';
import { proofKeyOf } from './proof-key.js';
import { malformed } from './token-shape.js';
import { checkTimes } from './token-times.js';
import { Verified } from './verified.js';

/** Whose rights a client of the operator has where it acts for itself. */
export interface MachineRights {
  find(clientId: string): Promise<{ roles: readonly string[]; tenant: string } | undefined>;
}

const claimsOfOurs = z.object({
  iss: z.string(), sub: z.string().min(1).max(255), client_id: z.string().min(1).max(2048), iat: z.number(),
  gid: z.string().min(1).optional(), epoch: z.number().int().nonnegative().optional(),
});

export class OwnTokens implements ClaimsJudge {
  constructor(
    private readonly users: UserStore, private readonly machines: MachineRights, private readonly revocations: Revocations,
    private readonly clock: Clock, private readonly skewSeconds: number,
  ) {}

  async judge(claims: JsonObject): Promise<Verified> {
    const expiresAt = checkTimes(claims, this.clock.now(), this.skewSeconds);
    const read = claimsOfOurs.safeParse(claims);
    if (!read.success) throw malformed('claims');
    const { iss: issuer, sub: subject, client_id: client, gid, epoch } = read.data;
    if (gid !== undefined && await this.revocations.isGrantRevoked(gid)) throw malformed('grant revoked');
    const scopes = scopesOf(claims);
    const options = { expiresAt, proofKey: proofKeyOf(claims) };
    // A machine acts for itself (RFC 9068 §2.2); its id is never looked up as a person.
    if (subject === client) {
      const machine = await this.machines.find(client);
      if (!machine) throw malformed('client unknown');
      return new Verified('token', { kind: 'client', issuer, subject, client, scopes, roles: machine.roles, tenant: machine.tenant }, options);
    }
    // Whom the operator took away acts for nobody any more, either.
    if (clientKind(client) === 'operator' && !await this.machines.find(client)) throw malformed('client unknown');
    const user = await this.users.find(subject);
    if (!user || user.disabled) throw malformed('user unknown or disabled');
    if (epoch === undefined || epoch < user.epoch) throw malformed('rights have changed since');
    return new Verified('token', { kind: 'user', issuer, subject, client, scopes, roles: user.roles, tenant: user.tenant }, options);
  }
}

/** The scopes of a token; `*` is a word of ours for credentials that scopes do not limit, and nothing to be granted. */
function scopesOf(claims: JsonObject): string[] {
  return wordsClaim(claims, ['scope']).filter((scope) => scope !== '*');
}
