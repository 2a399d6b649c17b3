/** Users in a database. */
import { isDeepStrictEqual } from 'node:util';
import { loginKey, type Identity, type User, type UserChanges, type UserStore } from '../../auth/users.port.js';
import { changeUser } from '../records/user.js';
import { readTexts, writeFlag } from './columns.js';
import type { Database } from './database.js';
import { raiseGeneration } from './revocations.sql.js';
import type { UserRow } from './schema.js';

export class SqlUserStore implements UserStore {
  constructor(private readonly db: Database) {}

  async add(user: User): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.db.insertInto('users').values(toRow(user))
      .onConflict((conflict) => conflict.doNothing()).executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }

  async find(id: string): Promise<User | undefined> {
    const row = await this.db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toUser(row);
  }

  async findByLogin(login: string): Promise<User | undefined> {
    const row = await this.db.selectFrom('users').selectAll().where('login_key', '=', loginKey(login)).executeTakeFirst();
    return row && toUser(row);
  }

  async findByIdentity({ issuer, subject }: Identity): Promise<User | undefined> {
    const row = await this.db.selectFrom('users').innerJoin('identities', 'identities.user_id', 'users.id').selectAll('users')
      .where('identities.issuer', '=', issuer).where('identities.subject', '=', subject).executeTakeFirst();
    return row && toUser(row);
  }

  async link(userId: string, { issuer, subject }: Identity): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.db.insertInto('identities').values({ issuer, subject, user_id: userId })
      .onConflict((conflict) => conflict.doNothing()).executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }

  update(id: string, changes: UserChanges): Promise<User | undefined> {
    return this.db.transaction().execute(async (transaction) => {
      // Writes nothing new, but takes the lock of the row on both databases and shows its newest state.
      const row = await transaction.updateTable('users').set((user) => ({ epoch: user.ref('epoch') })).where('id', '=', id).returningAll().executeTakeFirst();
      if (!row) return undefined;
      const user = toUser(row);
      const changed = changeUser(user, changes);
      if (isDeepStrictEqual(changed, user)) return user;
      await transaction.updateTable('users').set(toRow(changed)).where('id', '=', id).execute();
      await raiseGeneration(transaction);
      return changed;
    });
  }

  async list(after: string | undefined, limit: number): Promise<User[]> {
    const page = this.db.selectFrom('users').selectAll().orderBy('login_key').limit(limit);
    const rows = await (after === undefined ? page : page.where('login_key', '>', loginKey(after))).execute();
    return rows.map(toUser);
  }

  async count(): Promise<number> {
    const { users } = await this.db.selectFrom('users').select((select) => select.fn.countAll<number>().as('users')).executeTakeFirstOrThrow();
    return users;
  }
}

function toRow(user: User): UserRow {
  return {
    id: user.id,
    login: user.login,
    login_key: loginKey(user.login),
    display_name: user.displayName,
    password_hash: user.passwordHash ?? null,
    password_expired: writeFlag(user.passwordExpired),
    roles: JSON.stringify(user.roles),
    tenant: user.tenant,
    disabled: writeFlag(user.disabled),
    epoch: user.epoch,
    created_at: user.createdAt,
    sign_ins_since: user.signInsSince,
  };
}

function toUser(row: UserRow): User {
  return {
    id: row.id,
    login: row.login,
    displayName: row.display_name,
    passwordHash: row.password_hash ?? undefined,
    passwordExpired: row.password_expired !== 0,
    roles: readTexts(row.roles),
    tenant: row.tenant,
    disabled: row.disabled !== 0,
    epoch: row.epoch,
    signInsSince: row.sign_ins_since,
    createdAt: row.created_at,
  };
}
