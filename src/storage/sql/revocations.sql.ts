/** Revocations in a database, seen by every process on it. */
import { sql, type Kysely } from 'kysely';
import type { Revocations } from '../../auth/revocations.port.js';
import type { Clock } from '../../protocol/clock.js';
import type { Database } from './database.js';
import type { Tables } from './schema.js';

const RIGHTS = 'rights';

/** Raises the generation, within the transaction that changes somebody's rights. Last, because all wait for this row. */
export async function raiseGeneration(transaction: Kysely<Tables>): Promise<void> {
  await transaction.updateTable('counters').set((value) => ({ value: value('value', '+', 1) })).where('name', '=', RIGHTS).execute();
}

export class SqlRevocations implements Revocations {
  constructor(private readonly db: Database, private readonly clock: Clock) {}

  async revokeGrant(grantId: string, until: number): Promise<void> {
    await this.db.transaction().execute(async (transaction) => {
      await transaction.insertInto('revoked_grants').values({ grant_id: grantId, until })
        .onConflict((conflict) => conflict.column('grant_id').doUpdateSet({
          until: sql`case when excluded.until > revoked_grants.until then excluded.until else revoked_grants.until end`,
        })).execute();
      await raiseGeneration(transaction);
    });
  }

  async isGrantRevoked(grantId: string): Promise<boolean> {
    const row = await this.db.selectFrom('revoked_grants').select('grant_id')
      .where('grant_id', '=', grantId).where('until', '>=', this.clock.now()).executeTakeFirst();
    return row !== undefined;
  }

  async generation(): Promise<number> {
    const row = await this.db.selectFrom('counters').select('value').where('name', '=', RIGHTS).executeTakeFirstOrThrow();
    return row.value;
  }

  async touch(): Promise<void> {
    await raiseGeneration(this.db);
  }

  async purge(now: number): Promise<void> {
    await this.db.deleteFrom('revoked_grants').where('until', '<', now).execute();
  }
}
