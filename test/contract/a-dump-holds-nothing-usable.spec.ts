import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aKey, aModel } from '../support/people.js';
import { findBinaries, postgresMissing, skipPostgres, startPostgres } from '../support/postgres.js';
import { databasePlace, NOON, serverSecret, type Place } from '../support/stores.js';

const canary = (): string => `canary-${randomBytes(18).toString('base64url')}`;
const hashed = (secret: string): Buffer => createHmac('sha256', serverSecret.current).update(secret).digest();

/** Does with every secret what a server does, and gives the secrets. */
async function useSecrets(place: Place): Promise<string[]> {
  const [signing = '', upstream = '', replaced = '', removed = '', key = '', older = '', code = ''] = Array.from({ length: 7 }, canary);
  const { apiKeys, oidcModels, vault } = await place.open();
  await vault.put('signing', Buffer.from(signing), false);
  await vault.put('upstream', Buffer.from(replaced), false);
  await vault.put('upstream', Buffer.from(upstream), true);
  await vault.put('gone', Buffer.from(removed), false);
  await vault.remove('gone');
  await apiKeys.add(aKey({ secretHash: hashed(key) }));
  await apiKeys.update('k-build', { secretHash: hashed(canary()), previousHash: hashed(older), previousUntil: NOON });
  await oidcModels.upsert(aModel({ id: hashed(code).toString('base64url') }));
  await oidcModels.consume('AuthorizationCode', hashed(code).toString('base64url'), NOON);
  return [signing, upstream, replaced, removed, key, older, code, serverSecret.current];
}

/** The secrets that a dump shows, in any spelling it might use. */
function shown(dump: Buffer, secrets: string[]): string[] {
  return secrets.filter((secret) => {
    const bytes = Buffer.from(secret);
    const spellings = [secret, bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), secret.slice(0, 16)];
    return spellings.some((spelling) => dump.includes(spelling));
  });
}

describe('a dump of the database holds nothing usable (E14)', () => {
  it('in the files of SQLite, open and closed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'gatehouse-dump-'));
    const read = (): Buffer => Buffer.concat(readdirSync(directory).map((file) => readFileSync(join(directory, file))));
    try {
      const place = databasePlace(`sqlite:${join(directory, 'gatehouse.db')}`);
      const secrets = await useSecrets(place);
      expect(read().includes('k-build')).toBe(true);
      expect(shown(read(), secrets)).toEqual([]);
      await place.close();
      expect(read().includes('k-build')).toBe(true);
      expect(shown(read(), secrets)).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.skipIf(skipPostgres)(`in what pg_dump writes ${postgresMissing ?? ''}`, async () => {
    const postgres = await startPostgres();
    try {
      const url = await postgres.createDatabase();
      const place = databasePlace(url);
      const secrets = await useSecrets(place);
      await place.close();
      const dump = execFileSync(join(findBinaries() ?? '', 'pg_dump'), [url]);
      expect(dump.includes('k-build')).toBe(true);
      expect(shown(dump, secrets)).toEqual([]);
    } finally {
      await postgres.dispose();
    }
  });
});
