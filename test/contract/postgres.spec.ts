import { afterAll, beforeAll, describe } from 'vitest';
import { postgresMissing, skipPostgres, startPostgres, type TestPostgres } from '../support/postgres.js';
import { databasePlace } from '../support/stores.js';
import { describeEveryPort } from './every-port.js';

describe.skipIf(skipPostgres)(`a real PostgreSQL ${postgresMissing ?? ''}`, () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.dispose());

  describeEveryPort('PostgreSQL', async () => databasePlace(await postgres.createDatabase()));
});
