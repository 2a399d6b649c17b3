import { afterAll, beforeAll, describe } from 'vitest';
import { postgresMissing, query, skipPostgres, startPostgres, type TestPostgres } from '../support/postgres.js';
import { databasePlace } from '../support/stores.js';
import { describeEveryPort } from './every-port.js';

describe.skipIf(skipPostgres)(`a real PostgreSQL ${postgresMissing ?? ''}`, () => {
  let postgres: TestPostgres;
  let url: string;
  beforeAll(async () => {
    postgres = await startPostgres();
    url = await postgres.createDatabase();
  });
  afterAll(() => postgres?.dispose());

  describeEveryPort('PostgreSQL', async () => {
    // Much cheaper than a database for each test.
    await query(url, 'drop schema public cascade; create schema public');
    return databasePlace(url);
  });
});
