/**
 * A process of its own on a database, for races and sudden deaths: `storage-process.ts <deed> <databaseUrl>`.
 * Says `ready`, waits for a line, does its deed, says what came of it in JSON lines.
 */
import { once } from 'node:events';
import { settingsFrom } from '../../src/config/load.js';
import { DurableState } from '../../src/storage/durable-state.js';
import { openServerSecret } from '../../src/storage/files/server-secret.js';
import { aModel } from './people.js';
import { random, serverSecret } from './stores.js';

const [deed, place = ''] = process.argv.slice(2);
const say = (value: unknown): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);
const open = (): Promise<DurableState> => DurableState.open(settingsFrom({ databaseUrl: place, databaseTimeoutMs: 10_000 }), serverSecret, { now: () => Date.now() }, random);

const deeds: Record<string, () => Promise<void>> = {
  /** Opens the database, which migrates it. */
  async open() {
    await (await open()).onApplicationShutdown();
    say('opened');
  },

  /** Tries to redeem `code-0` … `code-49`. */
  async consume() {
    const state = await open();
    const won: string[] = [];
    for (let index = 0; index < 50; index++) {
      if (await state.stores.oidcModels.consume('AuthorizationCode', `code-${index}`, Date.now())) won.push(`code-${index}`);
    }
    await state.onApplicationShutdown();
    say(won);
  },

  /** Writes without end and names each row once it is acknowledged. */
  async write() {
    const { oidcModels } = (await open()).stores;
    for (let index = 0; ; index++) {
      await oidcModels.upsert(aModel({ id: `row-${index}` }));
      say(`row-${index}`);
    }
  },

  /** Makes or finds the secret of a data directory. */
  async secret() {
    say(openServerSecret(settingsFrom({ dataDirectory: place }), random).current);
  },
};

say('ready');
await once(process.stdin, 'data');
await deeds[deed ?? '']?.();
process.stdin.destroy();
