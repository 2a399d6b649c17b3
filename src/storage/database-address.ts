/** Reads `databaseUrl`: which technology, where, and how to name it without its password. */
import { join } from 'node:path';
import type { Settings } from '../config/settings.js';

/** Where state is kept. `label` is for people: no user, no password. */
export type DatabaseAddress =
  | { kind: 'memory'; label: string }
  | { kind: 'sqlite'; label: string; file: string }
  | { kind: 'postgres'; label: string; url: string };

/** The address as configured; a file in the data directory by default. */
export function databaseAddress({ databaseUrl, dataDirectory }: Pick<Settings, 'databaseUrl' | 'dataDirectory'>): DatabaseAddress {
  if (databaseUrl === undefined) return sqlite(join(dataDirectory, 'gatehouse.db'));
  if (databaseUrl === 'sqlite::memory:') return { kind: 'memory', label: databaseUrl };
  // Both `sqlite:/a/b.db` and `sqlite:///a/b.db` are in use.
  if (databaseUrl.startsWith('sqlite:')) return sqlite(databaseUrl.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, ''));
  const { protocol, host, pathname } = new URL(databaseUrl);
  return { kind: 'postgres', label: `${protocol}//${host}${pathname}`, url: databaseUrl };
}

function sqlite(file: string): DatabaseAddress {
  return { kind: 'sqlite', label: `sqlite:${file}`, file };
}
