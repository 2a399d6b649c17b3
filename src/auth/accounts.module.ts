/** People: who they are, whether they are who they say, and how the operator changes that. */
import { Module } from '@nestjs/common';
import { Accounts } from './accounts.port.js';
import { Guesses } from './accounts/guesses.js';
import { KnownDevices } from './accounts/known-devices.js';
import { LocalAccounts } from './accounts/local-accounts.js';
import { DEFAULT_COST } from './accounts/password-hash.js';
import { HashingCost, Passwords } from './accounts/passwords.js';
import { SignIn } from './accounts/sign-in.js';
import { GrantRevoker } from './authorization-server/grant-revoker.js';
import { Evictions } from './evictions.js';
import { FirstAdmin } from './first-admin.js';
import { PageKeys } from './page-keys.js';
import { Users } from './users.js';

@Module({
  providers: [
    Evictions, FirstAdmin, GrantRevoker, Guesses, KnownDevices, PageKeys, Passwords, SignIn, Users,
    { provide: Accounts, useClass: LocalAccounts }, { provide: HashingCost, useValue: DEFAULT_COST },
  ],
  exports: [Accounts, FirstAdmin, KnownDevices, PageKeys, SignIn, Users],
})
export class AccountsModule {}
