/** Kysely on the `node:sqlite` of the runtime: one connection that writes durably and waits without blocking the process. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import {
  CompiledQuery, SqliteAdapter, SqliteDriver, SqliteIntrospector, SqliteQueryCompiler,
  type DatabaseConnection, type Dialect, type Driver, type Kysely, type QueryResult, type SqliteDatabase,
} from 'kysely';
import { StorageUnavailable } from '../../protocol/storage-unavailable.js';
import { makePrivateFile } from '../files/private-file.js';
import { fromDatabase, toDatabase } from './text.js';
import { Turnstile } from './turnstile.js';

/** How long SQLite itself waits for another process, with this process standing still; then the driver waits instead. */
const BUSY_TIMEOUT_MS = 20;
const PAUSE_MS = 10;

// Primary result codes (sqlite.org/rescode.html) of a database that may work again: busy, locked, read-only, I/O error,
// corrupt, full, cannot open, protocol, not a database.
const GENERIC_ERROR = 1;
const BUSY = 5;
const UNAVAILABLE = new Set([BUSY, 6, 8, 10, 11, 13, 14, 15, 26]);

/** SQLite in a file. Only one statement or transaction runs at a time; `timeoutMs` bounds every wait. */
export function sqliteDialect(file: string, timeoutMs: number): Dialect {
  return {
    createDriver: () => new PatientDriver(file, timeoutMs),
    createAdapter: () => new QueueingAdapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  };
}

/** Kysely would queue without a deadline; the driver below queues with one. */
class QueueingAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): true {
    return true;
  }
}

class PatientDriver implements Driver {
  readonly #inner: SqliteDriver;
  readonly #turnstile: Turnstile;

  constructor(file: string, private readonly timeoutMs: number) {
    this.#turnstile = new Turnstile(timeoutMs);
    this.#inner = new SqliteDriver({ database: () => patiently(timeoutMs, async () => open(file)) });
  }

  init(): Promise<void> {
    return this.#inner.init();
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    await this.#turnstile.enter();
    return new PatientConnection(await this.#inner.acquireConnection(), this.timeoutMs);
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    // Immediate: a transaction that begins by reading could otherwise not become a writer behind another process.
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await connection.executeQuery(CompiledQuery.raw('rollback'));
    } catch (error) {
      // After a full disk SQLite has rolled back by itself; the reason must not be hidden behind "no transaction".
      if (resultCode(error) !== GENERIC_ERROR) throw error;
    }
  }

  async releaseConnection(): Promise<void> {
    this.#turnstile.leave();
  }

  destroy(): Promise<void> {
    return this.#inner.destroy();
  }
}

class PatientConnection implements DatabaseConnection {
  constructor(private readonly inner: DatabaseConnection, private readonly timeoutMs: number) {}

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return patiently(this.timeoutMs, () => this.inner.executeQuery<R>(query));
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.inner.streamQuery<R>(query, chunkSize);
  }
}

/** Tries again while another process writes. Throws `StorageUnavailable`. */
async function patiently<T>(timeoutMs: number, attempt: () => Promise<T>): Promise<T> {
  const started = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const code = resultCode(error);
      if (code === undefined || !UNAVAILABLE.has(code)) throw error;
      if (code !== BUSY || performance.now() - started > timeoutMs) {
        throw new StorageUnavailable(`The database does not answer (SQLite result ${code})`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function resultCode(error: unknown): number | undefined {
  const code: unknown = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code % 256 : undefined;
}

function open(file: string): SqliteDatabase {
  makePrivateFile(file);
  const database = new DatabaseSync(file);
  try {
    // FULL: what was acknowledged survives a loss of power, not only the end of the process.
    database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT_MS}; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on`);
  } catch (error) {
    database.close();
    throw error;
  }
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = database.prepare(sql);
      return {
        // `columns()` would tell, but only from Node 22.16 on; the text is Kysely's and ours.
        reader: /^\s*(?:select|with|pragma)\b|\breturning\b/i.test(sql),
        all: (parameters) => statement.all(...parameters.map(bindable)).map(fromDatabase),
        run: (parameters) => statement.run(...parameters.map(bindable)),
        *iterate(parameters) {
          for (const row of statement.iterate(...parameters.map(bindable))) yield fromDatabase(row);
        },
      };
    },
  };
}

function bindable(parameter: unknown): SQLInputValue {
  const value = toDatabase(parameter);
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQLite cannot store a ${typeof value}`);
}
