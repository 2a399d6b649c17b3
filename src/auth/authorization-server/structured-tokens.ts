/**
 * Revocation and introspection of our own signed access tokens. The library knows only tokens it keeps and answers these
 * with `unsupported_token_type`, after it has authenticated the client; the answer is replaced here (RFC 7009, RFC 7662).
 */
import { Inject, Injectable } from '@nestjs/common';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { z } from 'zod';
import { Settings } from '../../config/settings.js';
import { Clock } from '../../protocol/clock.js';
import { Accounts } from '../accounts.port.js';
import { SigningKeys } from '../credentials/signing-keys.js';
import { Revocations } from '../revocations.port.js';
import { clientKind } from './client-kind.js';
import { ClientRegistry, isMachineGrant } from './client-registry.js';
import { GrantRevoker } from './grant-revoker.js';
import { ResourcePolicy } from './resource-policy.js';

const claimShape = z.looseObject({ sub: z.string(), client_id: z.string(), gid: z.string(), epoch: z.number().optional(), jti: z.string() });
type Claims = z.output<typeof claimShape>;

@Injectable()
export class StructuredTokens {
  constructor(
    private readonly settings: Settings, private readonly keys: SigningKeys, private readonly resources: ResourcePolicy,
    private readonly revoker: GrantRevoker, private readonly registry: ClientRegistry,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Replaces the library's refusal. A token of somebody else has no effect and looks like an unknown one (row F20). */
  async answer(ctx: KoaContextWithOIDC): Promise<void> {
    const { client, params, route } = ctx.oidc;
    const body: unknown = ctx.body;
    const isRefusal = typeof body === 'object' && body !== null && 'error' in body && body.error === 'unsupported_token_type';
    if (!client || !isRefusal) return;
    const claims = await this.#verify(params?.['token'], ctx.oidc.provider.issuer);
    ctx.status = 200;
    if (route === 'revocation') {
      if (claims?.client_id === client.clientId) await this.#end(claims);
      ctx.body = '';
    } else {
      ctx.body = claims && mayIntrospect(client, claims.client_id) && await this.#isLive(claims) ? { ...claims, active: true, token_type: claims['cnf'] ? 'DPoP' : 'Bearer' } : { active: false };
    }
  }

  #end({ client_id: clientId, gid }: Claims): Promise<unknown> {
    return isMachineGrant(gid) ? this.registry.endTokens(clientId) : this.revoker.revoke(gid);
  }

  async #verify(token: unknown, issuer: string): Promise<Claims | undefined> {
    if (typeof token !== 'string') return undefined;
    try {
      const { kid } = decodeProtectedHeader(token);
      const found = this.keys.publicKeys().find((key) => key.kid === kid);
      if (!found) return undefined;
      const { payload } = await jwtVerify(token, found.key, {
        issuer, audience: this.resources.audience, typ: 'at+jwt', algorithms: [found.alg],
        clockTolerance: this.settings.clockSkewSeconds, currentDate: new Date(this.clock.now()),
      });
      return claimShape.parse(payload);
    } catch {
      return undefined;
    }
  }

  async #isLive({ client_id: clientId, gid, epoch, sub }: Claims): Promise<boolean> {
    if (await this.revocations.isGrantRevoked(gid)) return false;
    if (clientKind(clientId) === 'operator' && !await this.registry.find(clientId)) return false;
    if (epoch === undefined) return true;
    const account = await this.accounts.find(sub);
    return account !== undefined && !account.disabled && account.epoch <= epoch;
  }
}

/** Whether a client may ask about tokens of another: only where the operator said so. */
export function mayIntrospect(client: Client, owner: string): boolean {
  return owner === client.clientId || (clientKind(client.clientId) === 'operator' && client['gatehouse_introspects'] === true);
}
