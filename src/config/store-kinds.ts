/** The kind of setting that says where the database is. */
import { setting, type Options } from './kinds.js';

/** Where a database is. Secret as a whole: passwords hide in more places of such an address than can be masked. */
export function database(options: Options<undefined>) {
  return setting<string, undefined>(options, {
    expected: 'postgres://user:password@host:5432/name, sqlite:path/to/file.db, or sqlite::memory: to keep nothing',
    read: (raw) => (typeof raw === 'string' && (isSqliteAddress(raw) || isPostgresAddress(raw)) ? raw : undefined),
    refuses: ['gatehouse.db', 'sqlite:', 'sqlite://gatehouse.db', 'mysql://a/b', 'postgres://', 'postgres://a b/c', 7, null],
    secret: true,
  });
}

/** Where processes share what they know of each other. */
export function redis(options: Options<undefined>) {
  return setting<string, undefined>(options, {
    expected: 'redis://user:password@host:6379/0, or rediss:// for TLS',
    read: (raw) => (typeof raw === 'string' && isRedisAddress(raw) ? raw : undefined),
    refuses: ['localhost:6379', 'redis://', 'http://a', 'redis://a/name', 'redis://a b', 7, null],
    secret: true,
  });
}

function isRedisAddress(raw: string): boolean {
  const url = URL.parse(raw);
  return url !== null && /^rediss?:$/.test(url.protocol) && url.hostname !== '' && /^(?:\/\d*)?$/.test(url.pathname);
}

function isSqliteAddress(raw: string): boolean {
  return raw === 'sqlite::memory:' || /^sqlite:(?:\/\/\/)?[^/:?\0][^:?\0]*$|^sqlite:\/[^/:?\0][^:?\0]*$/.test(raw);
}

function isPostgresAddress(raw: string): boolean {
  const url = URL.parse(raw);
  return url !== null && /^postgres(?:ql)?:$/.test(url.protocol) && (url.host !== '' || url.searchParams.has('host'));
}
