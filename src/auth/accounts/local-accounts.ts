/** People as tokens speak of them, read from the store of users. */
import { Inject, Injectable } from '@nestjs/common';
import type { Account, Accounts } from '../accounts.port.js';
import { UserStore, type User } from '../users.port.js';

@Injectable()
export class LocalAccounts implements Accounts {
  constructor(@Inject(UserStore) private readonly users: UserStore) {}

  async find(id: string): Promise<Account | undefined> {
    const user = await this.users.find(id);
    return user && accountOf(user);
  }

  async findByIdentity(issuer: string, subject: string): Promise<Account | undefined> {
    const user = await this.users.findByIdentity({ issuer, subject });
    return user && accountOf(user);
  }
}

function accountOf({ id, login, displayName, roles, epoch, signInsSince, disabled }: User): Account {
  return { accountId: id, claims: { name: displayName, preferred_username: login }, roles, epoch, signInsSince, disabled };
}
