/** What people granted to clients: written at consent, listed and taken back on the page of connected apps. */
import { Inject, Injectable } from '@nestjs/common';
import type Provider from 'oidc-provider';
import { isObject, objectAt, stringAt } from '../../protocol/json.js';
import type { JsonObject } from '../../protocol/message.js';
import { OidcModelStore, type OidcModel } from '../oidc-models.port.js';
import { GrantRevoker } from './grant-revoker.js';
import { ProviderHolder } from './provider-holder.js';
import { OPENID_SCOPES, ResourcePolicy } from './resource-policy.js';

/** A request that waits for a person, from `provider.interactionDetails`. */
export type InteractionDetails = Awaited<ReturnType<Provider['interactionDetails']>>;

/** A decision at consent. */
export interface Approval {
  details: InteractionDetails;
  accountId: string;
  /** Every scope the person agreed to and their roles allow; whatever else is asked for the first time is rejected. */
  approvedScopes: readonly string[];
}

/** A grant as the page of connected apps shows it. `grantedAt` and `expiresAt` in milliseconds since the epoch. */
export interface GrantSummary {
  readonly grantId: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly grantedAt: number;
  readonly expiresAt: number | undefined;
}

@Injectable()
export class Grants {
  constructor(
    private readonly holder: ProviderHolder,
    @Inject(OidcModelStore) private readonly store: OidcModelStore,
    private readonly revoker: GrantRevoker,
    private readonly resources: ResourcePolicy,
  ) {}

  /** The scopes a waiting request asks for that this server knows: what consent is about. */
  requestedScopes(details: InteractionDetails): string[] {
    const asked = textOf(details.params['scope'])?.split(' ') ?? [];
    return [...new Set(asked)].filter((scope) => OPENID_SCOPES.includes(scope) || this.resources.scopes.includes(scope));
  }

  /**
   * Writes the grant of a consent and gives its id, for `interactionFinished(…, { consent: { grantId } })`. What the person
   * had granted to this client before and is asked for again stays granted. Each consent makes a fresh grant, because a
   * rejection stays on its grant for good.
   */
  async approve({ details, accountId, approvedScopes }: Approval): Promise<string> {
    const clientId = textOf(details.params['client_id']);
    if (clientId === undefined) throw new Error('The interaction names no client');
    const { Grant } = this.holder.provider;
    const kept = details.grantId === undefined ? undefined : await Grant.find(details.grantId);
    const former = kept?.accountId === accountId && kept.clientId === clientId ? kept : undefined;
    const asked = this.requestedScopes(details);
    const grant = new Grant({ accountId, clientId });
    const [openid, openidRefused] = divide(asked.filter((scope) => OPENID_SCOPES.includes(scope)), approvedScopes, former?.getOIDCScope());
    grant.addOIDCScope(openid);
    grant.rejectOIDCScope(openidRefused);
    const scopes = asked.filter((scope) => this.resources.scopes.includes(scope));
    for (const resource of resourcesOf(details.params['resource'])) {
      const [granted, refused] = divide(scopes, approvedScopes, former?.getResourceScope(resource));
      grant.addResourceScope(resource, granted);
      // An unapproved scope that is not rejected would be asked for again, for ever.
      grant.rejectResourceScope(resource, refused);
    }
    return grant.save();
  }

  /** The grants of a person, newest first. */
  async of(accountId: string): Promise<GrantSummary[]> {
    return (await this.store.grantsOf(accountId)).map(summaryOf);
  }

  /** Takes a person's own grant back, with immediate effect. False for one that is unknown or somebody else's. */
  async revoke(accountId: string, grantId: string): Promise<boolean> {
    const kept = await this.store.find('Grant', grantId);
    if (!kept || stringAt(kept.payload, 'accountId') !== accountId) return false;
    await this.revoker.revoke(grantId);
    return true;
  }
}

function divide(asked: readonly string[], approved: readonly string[], former = ''): [string[], string[]] {
  const isGranted = (scope: string): boolean => approved.includes(scope) || former.split(' ').includes(scope);
  return [asked.filter(isGranted), asked.filter((scope) => !isGranted(scope))];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function resourcesOf(value: unknown): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.filter((item) => typeof item === 'string');
}

function summaryOf({ id, payload, expiresAt }: OidcModel): GrantSummary {
  const granted = [stringAt(objectAt(payload, 'openid') ?? {}, 'scope'), ...scopesIn(objectAt(payload, 'resources'))];
  const rejected = objectAt(payload, 'rejected');
  const refused = new Set(words([stringAt(objectAt(rejected ?? {}, 'openid') ?? {}, 'scope'), ...scopesIn(objectAt(rejected ?? {}, 'resources'))]));
  const { iat } = payload;
  return {
    grantId: id, clientId: stringAt(payload, 'clientId') ?? '',
    scopes: [...new Set(words(granted))].filter((scope) => !refused.has(scope)),
    grantedAt: typeof iat === 'number' ? iat * 1000 : 0, expiresAt,
  };
}

function scopesIn(resources: JsonObject | undefined): (string | undefined)[] {
  return isObject(resources) ? Object.keys(resources).map((name) => stringAt(resources, name)) : [];
}

function words(texts: readonly (string | undefined)[]): string[] {
  return texts.flatMap((text) => text?.split(' ') ?? []).filter((word) => word !== '');
}
