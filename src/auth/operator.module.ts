/** What the operator does without a running server: keys, clients, signing keys and people, straight in the database. */
import { Module } from '@nestjs/common';
import { AccountsModule } from './accounts.module.js';
import { ApiKeys } from './api-keys.service.js';
import { ClientRegistry } from './authorization-server/client-registry.js';
import { GrantRevoker } from './authorization-server/grant-revoker.js';
import { ModelSeal } from './authorization-server/model-seal.js';
import { SigningKeys } from './credentials/signing-keys.js';
import { RolesModule } from './roles.module.js';

export { ASSERTION_GRANT, DEVICE_GRANT } from './authorization-server/client-metadata.js';
export { ClientRegistry, type ClientWish, type OperatorClient } from './authorization-server/client-registry.js';
export { SigningKeys } from './credentials/signing-keys.js';

@Module({
  imports: [AccountsModule, RolesModule],
  providers: [ApiKeys, ClientRegistry, GrantRevoker, ModelSeal, SigningKeys],
  exports: [AccountsModule, RolesModule, ApiKeys, ClientRegistry, SigningKeys],
})
export class OperatorModule {}
