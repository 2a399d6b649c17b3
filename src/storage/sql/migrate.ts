/** Brings a database to the schema of this code: once, however many processes start together (row J15). */
import { SchemaTooNew } from '../../protocol/storage-unavailable.js';
import { sql, type Kysely, type Transaction } from 'kysely';
import { history } from '../migrations/history.js';
import type { ColumnTypes, Migration, SchemaVersions } from '../migrations/migration.js';

export type Engine = 'sqlite' | 'postgres';

const types: Record<Engine, ColumnTypes> = {
  sqlite: { text: sql`text`, whole: sql`integer`, bytes: sql`blob` },
  postgres: { text: sql`text collate "C"`, whole: sql`bigint`, bytes: sql`bytea` },
};

// Any number will do as long as every version of Gatehouse uses the same.
const ADVISORY_LOCK = 7_241_883_516;

/**
 * All or nothing, in one transaction: the first process migrates, others wait for it and find nothing left to do.
 * Throws for a schema newer than `migrations` knows.
 *
 * @param label the database, in words that may be shown.
 */
export async function migrate(db: Kysely<SchemaVersions>, engine: Engine, label: string, migrations: readonly Migration[] = history): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    // On SQLite the transaction itself holds the lock, as `begin immediate`.
    if (engine === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(ADVISORY_LOCK)})`.execute(transaction);
    const found = await versionOf(transaction, types[engine]);
    const known = migrations.at(-1)?.version ?? 0;
    if (found > known) {
      throw new SchemaTooNew(`The database ${label} has schema ${found}, but this version of Gatehouse knows only up to ${known}: start the version that wrote it, or a newer one`);
    }
    for (const migration of migrations.filter(({ version }) => version > found)) {
      await migration.up(transaction, types[engine]);
      await transaction.insertInto('schema_versions').values({ version: migration.version, about: migration.about }).execute();
    }
  });
}

async function versionOf(transaction: Transaction<SchemaVersions>, { text, whole }: ColumnTypes): Promise<number> {
  await transaction.schema.createTable('schema_versions').ifNotExists()
    .addColumn('version', whole, (column) => column.primaryKey())
    .addColumn('about', text, (column) => column.notNull())
    .execute();
  const row = await transaction.selectFrom('schema_versions').select((select) => select.fn.max('version').as('newest')).executeTakeFirst();
  return row?.newest ?? 0;
}
