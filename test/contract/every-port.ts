/** All suites, for one technology. */
import type { MakePlace } from '../support/stores.js';
import { describeApiKeyStore } from './api-keys.contract.js';
import { describeOidcModelStore } from './oidc-models.contract.js';
import { describeRevocations } from './revocations.contract.js';
import { describeUserStore } from './users.contract.js';
import { describeVault } from './vault.contract.js';

/** Runs every promise of every durable port. */
export function describeEveryPort(name: string, make: MakePlace): void {
  for (const suite of [describeUserStore, describeApiKeyStore, describeOidcModelStore, describeRevocations, describeVault]) suite(name, make);
}
