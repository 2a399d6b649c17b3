import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { history } from '../../src/storage/migrations/history.js';
import type { Migration, SchemaVersions } from '../../src/storage/migrations/migration.js';
import { migrate, type Engine } from '../../src/storage/sql/migrate.js';
import { postgresDialect } from '../../src/storage/sql/postgres-dialect.js';
import { sqliteDialect } from '../../src/storage/sql/sqlite-dialect.js';
import { aModel, aUser } from '../support/people.js';
import { postgresMissing, skipPostgres, startPostgres, type TestPostgres } from '../support/postgres.js';
import { databasePlace } from '../support/stores.js';
import { allAtOnce } from '../support/storage-processes.js';

// Each process compiles what it runs.
vi.setConfig({ testTimeout: 60_000 });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-together-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function connect(url: string): Kysely<SchemaVersions> {
  const bounds = { connectTimeoutMs: 5000, queryTimeoutMs: 5000, poolSize: 1 };
  return new Kysely({ dialect: url.startsWith('sqlite:') ? sqliteDialect(url.slice('sqlite:'.length), 5000) : postgresDialect({ url, ...bounds }) });
}

function describeTogether(name: string, engine: Engine, emptyDatabase: () => Promise<string>): void {
  describe(`processes that start together on ${name}`, () => {
    let url: string;
    const connections: Kysely<SchemaVersions>[] = [];
    const connected = (): Kysely<SchemaVersions> => {
      const db = connect(url);
      connections.push(db);
      return db;
    };
    beforeEach(async () => {
      url = await emptyDatabase();
    });
    afterEach(async () => {
      await Promise.all(connections.splice(0).map((db) => db.destroy()));
    });

    it('all come up on an empty database, migrated once (J15)', async () => {
      expect(await allAtOnce('open', url, 3)).toEqual(['opened', 'opened', 'opened']);
      const versions = await connected().selectFrom('schema_versions').selectAll().execute();
      expect(versions).toEqual(history.map(({ version, about }) => ({ version, about })));
    });

    it('wait for the one that migrates, however long that takes (J15)', async () => {
      const events: string[] = [];
      const slow = (version: number): Migration => ({
        version, about: 'slow',
        async up(db, { whole }) {
          events.push('begun');
          await db.schema.createTable(`slow_${version}`).addColumn('a', whole).execute();
          await new Promise((resolve) => setTimeout(resolve, 400));
          events.push('done');
        },
      });
      const start = async (migrations: Migration[]): Promise<void> => {
        await migrate(connected(), engine, 'here', migrations);
        events.push('up');
      };
      await Promise.all([1, 2, 3].map(() => start([slow(1)])));
      expect(events.splice(0)).toEqual(['begun', 'done', 'up', 'up', 'up']);
      await Promise.all([1, 2, 3].map(() => start([slow(1), slow(2)])));
      expect(events).toEqual(['begun', 'done', 'up', 'up', 'up']);
    });

    it('refuse a schema newer than they know, in one sentence, and leave it alone (J15)', async () => {
      const place = databasePlace(url);
      await (await place.open()).users.add(aUser());
      const newest = history.length;
      const newer = { version: newest + 1, about: 'of tomorrow' };
      await connected().insertInto('schema_versions').values(newer).execute();
      await expect(place.open()).rejects.toThrow(new RegExp(`^The database \\S+ has schema ${newest + 1}, but this version of Gatehouse knows only up to ${newest}: start the version that wrote it, or a newer one$`));
      expect(await connected().selectFrom('schema_versions').select('version').orderBy('version').execute()).toEqual([...history, newer].map(({ version }) => ({ version })));
      await place.close();
    });

    it('leave nothing behind of a migration that failed, and try it again', async () => {
      let mayWork = false;
      const broken: Migration = {
        version: 1, about: 'broken',
        async up(db, { whole }) {
          await db.schema.createTable('half').addColumn('a', whole).execute();
          if (!mayWork) throw new Error('broken on purpose');
        },
      };
      await expect(migrate(connected(), engine, 'here', [broken])).rejects.toThrow('broken on purpose');
      mayWork = true;
      await migrate(connected(), engine, 'here', [broken]);
      expect(await connected().selectFrom('schema_versions').select('version').execute()).toEqual([{ version: 1 }]);
    });

    it('redeem each code in one of them only (P7)', async () => {
      const place = databasePlace(url);
      const { oidcModels } = await place.open();
      const codes = Array.from({ length: 50 }, (_, index) => `code-${index}`);
      for (const id of codes) await oidcModels.upsert(aModel({ id }));
      const won = await allAtOnce('consume', url, 3);
      expect(won.flat().toSorted()).toEqual(codes.toSorted());
      await place.close();
    });
  });
}

describeTogether('SQLite', 'sqlite', async () => `sqlite:${join(directory, 'gatehouse.db')}`);

describe.skipIf(skipPostgres)(`a real PostgreSQL ${postgresMissing ?? ''}`, () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.dispose());

  describeTogether('PostgreSQL', 'postgres', () => postgres.createDatabase());
});

it('processes that start together in an empty data directory agree on one secret, which nobody else may read', async () => {
  const data = join(directory, 'data');
  const secrets = await allAtOnce('secret', data, 3);
  const kept = readFileSync(join(data, 'secret'), 'utf8').trim();
  expect(new Set(secrets)).toEqual(new Set([kept]));
  expect(kept.length).toBeGreaterThanOrEqual(64);
  expect(statSync(join(data, 'secret')).mode & 0o777).toBe(0o600);
  expect(statSync(data).mode & 0o777).toBe(0o700);
});
