/** Sealed secrets in a database. */
import { sql } from 'kysely';
import type { Vault } from '../../auth/vault.port.js';
import type { Sealer } from '../records/sealer.js';
import type { Database } from './database.js';

export class SqlVault implements Vault {
  constructor(private readonly db: Database, private readonly sealer: Sealer) {}

  async put(name: string, secret: Uint8Array, replace: boolean): Promise<boolean> {
    const sealed = this.sealer.seal(name, secret);
    const { numInsertedOrUpdatedRows } = await this.db.insertInto('vault').values({ name, sealed })
      .onConflict((conflict) => (replace ? conflict.column('name').doUpdateSet({ sealed }) : conflict.doNothing()))
      .executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }

  async find(name: string): Promise<Uint8Array | undefined> {
    const row = await this.db.selectFrom('vault').select('sealed').where('name', '=', name).executeTakeFirst();
    if (!row) return undefined;
    const { secret, stale } = this.sealer.open(name, row.sealed);
    if (stale) {
      // Only what was read: another process may have put something newer there meanwhile.
      await this.db.updateTable('vault').set({ sealed: this.sealer.seal(name, secret) })
        .where('name', '=', name).where('sealed', '=', row.sealed).execute();
    }
    return secret;
  }

  async remove(name: string): Promise<boolean> {
    const { numDeletedRows } = await this.db.deleteFrom('vault').where('name', '=', name).executeTakeFirstOrThrow();
    return numDeletedRows === 1n;
  }

  async names(prefix: string): Promise<string[]> {
    // Not `like`: SQLite's knows no case, and both would take % and _ for patterns.
    const rows = await this.db.selectFrom('vault').select('name').orderBy('name')
      .where(sql<boolean>`substr(name, 1, length(cast(${prefix} as text))) = ${prefix}`).execute();
    return rows.map(({ name }) => name);
  }
}
