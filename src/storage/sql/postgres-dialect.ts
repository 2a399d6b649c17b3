/** Kysely on a pool of PostgreSQL connections in which every wait has an end and a doubtful connection is thrown away. */
import pg from 'pg';
import {
  CompiledQuery, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler,
  type DatabaseConnection, type Dialect, type Driver, type Kysely, type QueryResult,
} from 'kysely';
import { StorageUnavailable } from '../../protocol/storage-unavailable.js';
import { fromDatabase, toDatabase } from './text.js';

/** Bounds of the pool. */
export interface PostgresOptions {
  url: string;
  poolSize: number;
  /** How long to wait for a connection, be it a free or a new one. */
  connectTimeoutMs: number;
  /** How long one statement may take. */
  queryTimeoutMs: number;
}

// So the server's own answer arrives before ours gives up, and the connection stays good.
const ANSWER_MS = 250;

/**
 * Conditions that may pass (PostgreSQL 15, appendix A): connection (08), authorization (28), database missing (3D),
 * resources (53), operator intervention and cancelled statements (57), system (58), lock not available, deadlock,
 * serialization, and a standby that does not accept writes yet.
 */
const PASSING = /^(?:08|28|3D|53|57|58)|^(?:55P03|40P01|40001|25006)$/;

/** PostgreSQL behind a URL. */
export function postgresDialect(options: PostgresOptions): Dialect {
  return {
    createDriver: () => new PoolDriver(options),
    createAdapter: () => new PostgresAdapter(),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
  };
}

class PoolDriver implements Driver {
  readonly #pool: pg.Pool;
  readonly #connections = new WeakMap<DatabaseConnection, PoolConnection>();

  constructor({ connectTimeoutMs, poolSize, queryTimeoutMs, url }: PostgresOptions) {
    this.#pool = new pg.Pool({
      connectionString: url, application_name: 'gatehouse', max: poolSize, keepAlive: true, allowExitOnIdle: true,
      connectionTimeoutMillis: connectTimeoutMs, query_timeout: queryTimeoutMs + ANSWER_MS,
      statement_timeout: queryTimeoutMs, lock_timeout: queryTimeoutMs, idle_in_transaction_session_timeout: queryTimeoutMs,
      types: { getTypeParser: (oid: number, format?: 'text' | 'binary') => (oid === pg.types.builtins.INT8 ? wholeNumber : pg.types.getTypeParser(oid, format)) },
    });
    // An idle connection that dies leaves the pool by itself; the next query opens another.
    this.#pool.on('error', ignore);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const connection = new PoolConnection(await this.#pool.connect().catch(raise));
    this.#connections.set(connection, connection);
    return connection;
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'));
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.#connections.get(connection)?.release();
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

class PoolConnection implements DatabaseConnection {
  #doubtful = false;

  constructor(private readonly client: pg.PoolClient) {
    // Without a listener, a connection that dies between two statements would end the process.
    client.on('error', ignore);
  }

  async executeQuery<R>({ parameters, sql }: CompiledQuery): Promise<QueryResult<R>> {
    const { command, rowCount, rows } = await this.#send(sql, parameters);
    if (sql === 'commit' && command === 'ROLLBACK') throw new Error('The transaction was rolled back by the database');
    return { numAffectedRows: BigInt(rowCount ?? 0), rows: rows.map(fromDatabase) };
  }

  // oxlint-disable-next-line require-yield
  async *streamQuery(): AsyncIterableIterator<never> {
    throw new Error('Results are not streamed');
  }

  release(): void {
    this.client.removeListener('error', ignore);
    this.client.release(this.#doubtful);
  }

  async #send(sql: string, parameters: readonly unknown[]): Promise<pg.QueryResult> {
    try {
      return await this.client.query(sql, parameters.map(toDatabase));
    } catch (error) {
      // A statement that did not end in an answer of the server may still be running on this connection.
      if (!(error instanceof pg.DatabaseError)) this.#doubtful = true;
      return raise(error);
    }
  }
}

/** Throws `StorageUnavailable` for what may pass, else the error itself. */
function raise(error: unknown): never {
  if (error instanceof pg.DatabaseError && !PASSING.test(error.code ?? '')) throw error;
  throw new StorageUnavailable(`The database does not answer (${reason(error)})`, { cause: error });
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'no reason given';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large a number`);
  return value;
}

function ignore(): void {}
