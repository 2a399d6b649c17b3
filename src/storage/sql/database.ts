/** Opens the database, migrated and ready. */
import { Kysely, type Dialect } from 'kysely';
import { StorageUnavailable } from '../../protocol/storage-unavailable.js';
import type { DatabaseAddress } from '../database-address.js';
import type { SchemaVersions } from '../migrations/migration.js';
import { migrate } from './migrate.js';
import { postgresDialect } from './postgres-dialect.js';
import type { Tables } from './schema.js';
import { sqliteDialect } from './sqlite-dialect.js';

export type Database = Kysely<Tables>;
type SqlAddress = Exclude<DatabaseAddress, { kind: 'memory' }>;

/** Bounds while the server runs. */
export interface DatabaseOptions {
  /** The longest wait for a connection, and for a statement. */
  timeoutMs: number;
  poolSize: number;
}

// Another process may be migrating a large database.
const MIGRATION_MS = 60_000;

/** Throws an Error of one sentence, without a password, where the database cannot be used. Close with `destroy()`. */
export async function openDatabase(address: SqlAddress, { poolSize, timeoutMs }: DatabaseOptions): Promise<Database> {
  const migrating = new Kysely<SchemaVersions>({ dialect: dialectOf(address, { poolSize: 1, connectTimeoutMs: timeoutMs, queryTimeoutMs: MIGRATION_MS }) });
  try {
    await migrate(migrating, address.kind, address.label);
  } catch (error) {
    throw startFailure(address, error);
  } finally {
    await migrating.destroy();
  }
  return new Kysely<Tables>({ dialect: dialectOf(address, { poolSize, connectTimeoutMs: timeoutMs, queryTimeoutMs: timeoutMs }) });
}

function dialectOf(address: SqlAddress, bounds: { poolSize: number; connectTimeoutMs: number; queryTimeoutMs: number }): Dialect {
  return address.kind === 'sqlite' ? sqliteDialect(address.file, bounds.queryTimeoutMs) : postgresDialect({ url: address.url, ...bounds });
}

function startFailure({ label }: SqlAddress, error: unknown): unknown {
  if (error instanceof StorageUnavailable) return new StorageUnavailable(`The database ${label} cannot be opened. ${error.message}`, { cause: error.cause });
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // A directory that cannot be made, a file that may not be written.
  return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? new StorageUnavailable(`The database ${label} cannot be opened (${code})`, { cause: error }) : error;
}
