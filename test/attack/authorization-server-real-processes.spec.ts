/** Two processes of the built server over one database are one server, whatever is shown to both at once (promise P7). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CookieBrowser } from '../support/browser.js';
import { freePort } from '../support/free-port.js';
import { initialize } from '../support/http-mcp.js';
import { ServerProcess } from '../support/http-process.js';
import { postForm, type Answer } from '../support/oauth-client.js';
import { operate } from '../support/operator.js';
import { postgresMissing, skipPostgres, startPostgres } from '../support/postgres.js';
import { registerClient, type TestClient } from '../support/sign-in-server.js';

const ROUNDS = 5;

interface Place {
  databaseUrl: string;
  close(): Promise<void>;
}

async function sqlite(): Promise<Place> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-pair-'));
  return { databaseUrl: `sqlite:${join(directory, 'gatehouse.db')}`, close: async () => rmSync(directory, { recursive: true }) };
}

async function postgres(): Promise<Place> {
  const server = await startPostgres();
  return { databaseUrl: await server.createDatabase(), close: () => server.dispose() };
}

describe.each([
  { name: 'one SQLite file', open: sqlite, skip: false },
  { name: `one PostgreSQL database ${postgresMissing ?? ''}`, open: postgres, skip: skipPostgres },
])('on $name', ({ open, skip }) => {
  let directory: string;
  let place: Place;
  let pair: (ServerProcess & { url: string })[];
  let client: TestClient;
  const browser = new CookieBrowser();

  beforeAll(async () => {
    if (skip) return;
    directory = mkdtempSync(join(tmpdir(), 'gatehouse-pair-data-'));
    place = await open();
    const ports = [await freePort(), await freePort()];
    const env = { GATEHOUSE_AUTH_MODE: 'embedded', GATEHOUSE_DATA_DIR: directory, DATABASE_URL: place.databaseUrl, GATEHOUSE_PUBLIC_URL: `http://127.0.0.1:${ports[0]}`, GATEHOUSE_REFRESH_GRACE_SECONDS: '0' };
    pair = await Promise.all(ports.map((port) => ServerProcess.start({ ...env, PORT: String(port) })));
    client = await registerClient(pair[0]?.url ?? '');
    const { text } = await operate({ authMode: 'embedded', dataDirectory: directory, databaseUrl: place.databaseUrl }, 'users', 'create', 'anna', '--roles', 'developer', '--json');
    const { oneTimePassword }: { oneTimePassword: string } = JSON.parse(text);
    const password = 'somebody likes long sentences';
    await browser.open(client.authorizeUrl());
    await browser.submit({ login: 'anna', password: oneTimePassword, decision: 'sign_in' });
    await browser.submit({ password, repeated: password, decision: 'change' });
  });
  afterAll(async () => {
    if (skip) return;
    await Promise.all(pair.map((server) => server.kill()));
    await place.close();
    rmSync(directory, { recursive: true });
  });

  /** Shows the same form four times at once, twice at each process. */
  const race = (form: Record<string, string>): Promise<Answer[]> =>
    Promise.all([...pair, ...pair].map(({ url }) => postForm(`${url}/oauth/token`, { client_id: client.id, ...form })));
  const code = async (): Promise<string> => {
    await browser.open(client.authorizeUrl());
    await browser.submit({ decision: 'approve' });
    return browser.away.searchParams.get('code') ?? '';
  };
  const redeeming = (shown: string): Record<string, string> => ({ grant_type: 'authorization_code', code: shown, redirect_uri: client.redirectUri, code_verifier: client.verifier });
  const refreshing = (token: string | undefined): Record<string, string> => ({ grant_type: 'refresh_token', refresh_token: token ?? '' });

  /** What is worth anything at either process of what the answers gave. */
  const leftOf = async (answers: Answer[]): Promise<string[]> => {
    const refreshed = await Promise.all(answers.map(({ refresh_token: token }) => race(refreshing(token))));
    const entered = await Promise.all(answers.flatMap(({ access_token: token }) => pair.map(({ url }) => initialize(url, '2025-11-25', { authorization: `Bearer ${token}` }))));
    return [...refreshed.flat().flatMap(({ error }) => (error === 'invalid_grant' ? [] : ['refresh token'])), ...entered.flatMap(({ status }) => (status === 401 ? [] : ['access token']))];
  };
  const once = [200, 'invalid_grant', 'invalid_grant', 'invalid_grant'];
  const outcomes = (answers: Answer[]): unknown[] => answers.map(({ status, error }) => error ?? status).toSorted();

  it.skipIf(skip)('a code shown to both gives tokens once, and takes them back', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const answers = await race(redeeming(await code()));
      expect(outcomes(answers)).toEqual(once);
      expect(await leftOf(answers.filter(({ status }) => status === 200))).toEqual([]);
    }
  });

  it.skipIf(skip)('a refresh token without a window of grace gives tokens once, and takes the family back', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const given = await postForm(`${pair[round % 2]?.url}/oauth/token`, { client_id: client.id, ...redeeming(await code()) });
      const answers = await race(refreshing(given.refresh_token));
      expect(outcomes(answers)).toEqual(once);
      expect(await leftOf([given, ...answers.filter(({ status }) => status === 200)])).toEqual([]);
    }
  });
});
