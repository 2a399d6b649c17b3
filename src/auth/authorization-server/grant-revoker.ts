/** Ends a grant everywhere: what was kept for it, and the access tokens that are out. */
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Clock } from '../../protocol/clock.js';
import { OidcModelStore } from '../oidc-models.port.js';
import { Revocations } from '../revocations.port.js';

@Injectable()
export class GrantRevoker {
  readonly #running = new Map<string, Promise<void>>();

  constructor(
    @Inject(OidcModelStore) private readonly store: OidcModelStore,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(Clock) private readonly clock: Clock,
    private readonly settings: Settings,
  ) {}

  /** Safe to call several times; the library does so, once for each model. */
  revoke(grantId: string): Promise<void> {
    const running = this.#running.get(grantId) ?? this.#revoke(grantId).finally(() => this.#running.delete(grantId));
    this.#running.set(grantId, running);
    return running;
  }

  /** Refuses access tokens that carry this grant id until the last of them has expired. */
  async refuseTokens(grantId: string): Promise<void> {
    const { accessTokenSeconds, clockSkewSeconds } = this.settings;
    await this.revocations.revokeGrant(grantId, this.clock.now() + (accessTokenSeconds + clockSkewSeconds + 1) * 1000);
  }

  async #revoke(grantId: string): Promise<void> {
    // Before the rest: from here on nobody gets in with what is out.
    await this.refuseTokens(grantId);
    await this.store.revokeByGrantId(grantId);
    await this.store.destroy('Grant', grantId);
  }
}
