/** Places that stores are opened on, one kind for each technology, for suites that run on all of them. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsFrom } from '../../src/config/load.js';
import type { Random } from '../../src/protocol/clock.js';
import type { ServerSecret } from '../../src/protocol/server-secret.js';
import { DurableState, type Stores } from '../../src/storage/durable-state.js';
import { MemoryVault } from '../../src/storage/memory/vault.memory.js';
import { Sealer } from '../../src/storage/records/sealer.js';

/** What one test works on. */
export interface Place {
  /** Moves the clock of every opened store; it stands still otherwise. */
  time: { now: number };
  /** Another connection to the same place, as another process would have it. */
  open(secret?: ServerSecret): Promise<Stores>;
  /** Closes every connection and removes what was kept. */
  close(): Promise<void>;
}

export type MakePlace = () => Promise<Place>;

export const serverSecret: ServerSecret = { current: 'first-secret-Qm4vT8xZ1cK7pL2wR9', previous: undefined };
export const random: Random = { bytes: (count) => randomBytes(count) };

/** Some time in 2026. */
export const NOON = 1_780_000_000_000;

/** A place in this process. */
export async function memoryPlace(): Promise<Place> {
  const time = { now: NOON };
  const settings = settingsFrom({ databaseUrl: 'sqlite::memory:' });
  const { stores } = await DurableState.open(settings, serverSecret, { now: () => time.now }, random);
  const sealed = new Map<string, Uint8Array>();
  return { time, open: async (secret = serverSecret) => ({ ...stores, vault: new MemoryVault(new Sealer(secret, random), sealed) }), close: async () => {} };
}

/** A file of its own. */
export async function sqlitePlace(): Promise<Place & { file: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-sqlite-'));
  const file = join(directory, 'gatehouse.db');
  return { ...databasePlace(`sqlite:${file}`, () => rmSync(directory, { recursive: true })), file };
}

/** The database behind an address, which stays when the place is closed. */
export function databasePlace(databaseUrl: string, cleanUp = (): void => {}): Place {
  const time = { now: NOON };
  const opened: DurableState[] = [];
  return {
    time,
    async open(secret = serverSecret) {
      const state = await DurableState.open(settingsFrom({ databaseUrl, databasePoolSize: 4 }), secret, { now: () => time.now }, random);
      opened.push(state);
      return state.stores;
    },
    async close() {
      await Promise.all(opened.map((state) => state.onApplicationShutdown()));
      cleanUp();
    },
  };
}
