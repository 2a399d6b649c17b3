import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { settingsFrom } from '../../src/config/load.js';
import { StorageUnavailable } from '../../src/protocol/storage-unavailable.js';
import { DurableState, type Stores } from '../../src/storage/durable-state.js';
import { postgresDialect } from '../../src/storage/sql/postgres-dialect.js';
import type { Tables } from '../../src/storage/sql/schema.js';
import { aUser } from '../support/people.js';
import { postgresMissing, query, skipPostgres, startPostgres, type TestPostgres } from '../support/postgres.js';
import { random, serverSecret } from '../support/stores.js';

const TIMEOUT_MS = 500;
// A wait for a connection, a statement, and the slowness of a busy machine.
const FAST_MS = 4 * TIMEOUT_MS;

const CLOSE_OUR_CONNECTIONS = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gatehouse' and datname = current_database()`;

let state: DurableState | undefined;
afterEach(async () => {
  await state?.onApplicationShutdown();
  state = undefined;
});

async function open(databaseUrl: string): Promise<Stores> {
  const settings = settingsFrom({ databaseUrl, databasePoolSize: 3, databaseTimeoutMs: TIMEOUT_MS });
  state = await DurableState.open(settings, serverSecret, { now: () => Date.now() }, random);
  return state.stores;
}

/** The error of what must fail, and soon. */
async function failure(act: Promise<unknown>): Promise<unknown> {
  const started = performance.now();
  const error = await act.then(() => 'no failure', (reason: unknown) => reason);
  expect(performance.now() - started).toBeLessThan(FAST_MS);
  return error;
}

async function eventually(works: () => Promise<unknown>): Promise<void> {
  for (const deadline = performance.now() + 5000; ;) {
    try {
      await works();
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

describe.skipIf(skipPostgres)(`PostgreSQL in trouble ${postgresMissing ?? ''}`, () => {
  let postgres: TestPostgres;
  let url: string;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.dispose());
  beforeEach(async () => {
    url = await postgres.createDatabase();
  });

  it('that dies is unavailable at once, and works again without a restart of ours (P11)', async () => {
    const { users } = await open(url);
    await users.add(aUser());
    await postgres.stop();
    for (let attempt = 0; attempt < 5; attempt++) expect(await failure(users.find('u-anna'))).toBeInstanceOf(StorageUnavailable);
    expect(await failure(users.update('u-anna', { disabled: true }))).toBeInstanceOf(StorageUnavailable);
    await postgres.start();
    await eventually(() => users.find('u-anna'));
    expect(await users.update('u-anna', { disabled: true })).toMatchObject({ disabled: true });
  });

  it('that stands still is unavailable after the time allowed, for many callers at once too (P11)', async () => {
    const { users } = await open(url);
    await users.add(aUser());
    postgres.freeze();
    try {
      const errors = await Promise.all(Array.from({ length: 20 }, () => failure(users.find('u-anna'))));
      expect(errors.filter((error) => !(error instanceof StorageUnavailable))).toEqual([]);
    } finally {
      postgres.thaw();
    }
    await eventually(() => users.find('u-anna'));
    expect(await users.find('u-anna')).toMatchObject({ id: 'u-anna' });
  });

  it('whose every connection waits for a lock refuses the rest, and has them all back afterwards (P11)', async () => {
    const { users } = await open(url);
    await users.add(aUser());
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('lock table users in access exclusive mode');
    const errors = await Promise.all(Array.from({ length: 12 }, () => failure(users.update('u-anna', { displayName: 'late' }))));
    expect(errors.filter((error) => !(error instanceof StorageUnavailable))).toEqual([]);
    await holder.query('rollback');
    await holder.end();
    await Promise.all(Array.from({ length: 12 }, (_, index) => users.update('u-anna', { displayName: `name ${index}` })));
    expect(await users.find('u-anna')).toMatchObject({ displayName: expect.stringMatching(/^name/) });
  });

  it('that closes idle connections is asked over new ones', async () => {
    const { users } = await open(url);
    await Promise.all([users.count(), users.count(), users.count()]);
    await query(url, CLOSE_OUR_CONNECTIONS);
    await eventually(() => users.count());
    expect(await users.count()).toBe(0);
  });

  it('that closes a connection in the middle of a transaction fails the transaction, not the process (P11)', async () => {
    const db = new Kysely<Tables>({ dialect: postgresDialect({ url, poolSize: 1, connectTimeoutMs: TIMEOUT_MS, queryTimeoutMs: TIMEOUT_MS }) });
    const error = await failure(db.transaction().execute(async (transaction) => {
      await sql`select 1`.execute(transaction);
      await query(url, CLOSE_OUR_CONNECTIONS);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await sql`select 1`.execute(transaction);
    }));
    expect(error).toBeInstanceOf(StorageUnavailable);
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    await db.destroy();
  });

  it.each([
    ['is not there', () => 'postgres://root:hunter2@127.0.0.1:1/gatehouse?password=hunter2', /postgres:\/\/127\.0\.0\.1:1\/gatehouse cannot be opened\..*ECONNREFUSED/],
    ['has no such database', () => url.replace(/\w+$/, 'no_such').replace('postgres@', 'postgres:hunter2@'), /no_such cannot be opened\..*3D000/],
  ])('that %s at the start is named in one sentence, without its password', async (_case, address, expected) => {
    const error = await failure(open(address()));
    expect(error).toBeInstanceOf(StorageUnavailable);
    expect(String(error)).toMatch(expected);
    expect(String(error)).not.toContain('hunter2');
  });
});

describe('SQLite in trouble', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-trouble-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('that another process keeps locked is unavailable after the time allowed, and works again afterwards (P11)', async () => {
    const file = join(directory, 'gatehouse.db');
    const { users } = await open(`sqlite:${file}`);
    await users.add(aUser());
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    const errors = await Promise.all(Array.from({ length: 5 }, () => failure(users.update('u-anna', { disabled: true }))));
    expect(errors.filter((error) => !(error instanceof StorageUnavailable))).toEqual([]);
    other.exec('rollback');
    other.close();
    expect(await users.update('u-anna', { disabled: true })).toMatchObject({ disabled: true });
  });

  it('lets the process go on while it waits', async () => {
    const file = join(directory, 'gatehouse.db');
    const { users } = await open(`sqlite:${file}`);
    const other = new DatabaseSync(file);
    other.exec('begin immediate');
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await failure(users.add(aUser()));
    clearInterval(timer);
    other.close();
    expect(ticks).toBeGreaterThan(5);
  });

  it.each([
    ['has no place', (): string => join(directory, 'file/gatehouse.db'), /file\/gatehouse\.db cannot be opened.*(?:ENOTDIR|EEXIST)/],
    ['is something else', (): string => join(directory, 'file'), /file cannot be opened.*26/],
  ])('that %s is named in one sentence at the start', async (_case, file, expected) => {
    writeFileSync(join(directory, 'file'), 'not a database, but long enough to be taken for one'.repeat(50));
    const error = await failure(open(`sqlite:${file()}`));
    expect(error).toBeInstanceOf(StorageUnavailable);
    expect(String(error)).toMatch(expected);
  });
});
