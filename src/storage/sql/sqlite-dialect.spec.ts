import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqliteDialect } from './sqlite-dialect.js';

let directory: string;
let database: Kysely<unknown>;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-dialect-'));
  database = new Kysely({ dialect: sqliteDialect(join(directory, 'gatehouse.db'), 1000) });
});
afterAll(async () => {
  await database.destroy();
  rmSync(directory, { recursive: true });
});

describe('a connection to SQLite', () => {
  // 2 is FULL: what was acknowledged survives a loss of power (P3).
  it.each([['journal_mode', 'wal'], ['synchronous', 2], ['foreign_keys', 1], ['busy_timeout', 20]])('has %s %s', async (pragma, expected) => {
    const { rows } = await sql`pragma ${sql.raw(pragma)}`.execute(database);
    expect(rows.flatMap((row) => Object.values(Object(row)))).toEqual([expected]);
  });
});
