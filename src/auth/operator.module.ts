/** What the operator does without a running server: keys, signing keys and people, straight in the database. */
import { Module } from '@nestjs/common';
import { AccountsModule } from './accounts.module.js';
import { ApiKeys } from './api-keys.service.js';
import { SigningKeys } from './credentials/signing-keys.js';

export { SigningKeys } from './credentials/signing-keys.js';

@Module({ imports: [AccountsModule], providers: [ApiKeys, SigningKeys], exports: [AccountsModule, ApiKeys, SigningKeys] })
export class OperatorModule {}
