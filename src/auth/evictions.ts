/** Puts everybody out who came in with somebody's credentials: applications they connected, and browsers they are signed in with. */
import { Inject, Injectable } from '@nestjs/common';
import { GrantRevoker } from './authorization-server/grant-revoker.js';
import { OidcModelStore } from './oidc-models.port.js';

/** What the sign-ins of a person are kept under, in place of a grant, so that all of them can be destroyed at once. */
export function signInsOf(accountId: string): string {
  return `account:${accountId}`;
}

@Injectable()
export class Evictions {
  constructor(@Inject(OidcModelStore) private readonly store: OidcModelStore, private readonly revoker: GrantRevoker) {}

  /** Call it once the old credentials are refused. */
  async evict(accountId: string): Promise<void> {
    // Browsers first: one that is still signed in could have another grant made.
    await this.store.revokeByGrantId(signInsOf(accountId));
    for (const { id } of await this.store.grantsOf(accountId)) await this.revoker.revoke(id);
  }
}
