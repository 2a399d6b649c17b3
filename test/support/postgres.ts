/** A real PostgreSQL of one test file: Debian's binaries, a private port, a directory that is thrown away. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from './free-port.js';

const INSTALLED = '/usr/lib/postgresql';
const START_MS = 15_000;

/** Why PostgreSQL cannot be started here; undefined where it can. */
export const postgresMissing = findBinaries() === undefined ? `no PostgreSQL under ${INSTALLED}: apt-get install postgresql` : undefined;

/** Whether suites on PostgreSQL may be left out: never where everything is proven. */
export const skipPostgres = postgresMissing !== undefined && process.env['CI'] !== 'true';

/** A server under the control of a test. */
export interface TestPostgres {
  readonly port: number;
  /** Makes an empty database and gives its address. */
  createDatabase(): Promise<string>;
  /** Stands still, connections open: `SIGSTOP` to the server and all its processes. */
  freeze(): void;
  thaw(): void;
  /** Ends at once, as after `kill -9` of everything. */
  stop(): Promise<void>;
  /** Starts again on the same port and data. */
  start(): Promise<void>;
  /** Ends and removes everything. */
  dispose(): Promise<void>;
}

/** Throws where the binaries are missing. */
export async function startPostgres(): Promise<TestPostgres> {
  const binaries = findBinaries();
  if (!binaries) throw new Error(postgresMissing);
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-postgres-'));
  const user = unprivileged();
  if (user) chownSync(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  const [initdb = '', ...initArguments] = command(user, join(binaries, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync']);
  execFileSync(initdb, initArguments, { stdio: ['ignore', 'ignore', 'inherit'], cwd: directory });
  const port = await freePort();
  const address = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`;
  let server: ChildProcess | undefined;
  let databases = 0;

  const start = async (): Promise<void> => {
    const [postgres = '', ...postgresArguments] = command(user, join(binaries, 'postgres'), [
      '-D', data, '-p', String(port), '-k', directory, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'max_connections=60',
    ]);
    server = spawn(postgres, postgresArguments, { stdio: 'ignore', cwd: directory });
    await untilReady(address('postgres'), server);
  };
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of server?.pid === undefined ? [] : [server.pid, ...childrenOf(server.pid)]) process.kill(pid, name);
  };
  const stop = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    signal('SIGCONT');
    // Immediate shutdown; postgres takes its own children with it.
    server.kill('SIGQUIT');
    await ended;
  };

  await start();
  return {
    port, start, stop,
    async createDatabase() {
      const name = `test_${++databases}`;
      await query(address('postgres'), `create database ${name} template template0`);
      return address(name);
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async dispose() {
      await stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query(text);
    return rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Where the newest PostgreSQL has its programs; undefined where there is none. */
export function findBinaries(): string | undefined {
  const versions = existsSync(INSTALLED) ? readdirSync(INSTALLED).toSorted((one, other) => Number(other) - Number(one)) : [];
  return versions.map((version) => join(INSTALLED, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
}

/** PostgreSQL refuses to run as root; Debian brings a user for it. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, , uid, gid] = readFileSync('/etc/passwd', 'utf8').split('\n').find((line) => line.startsWith('postgres:'))?.split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

function command(user: { uid: number; gid: number } | undefined, program: string, args: string[]): string[] {
  // The death signal keeps a server from outliving a test run that was killed.
  const dropping = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
  return ['setpriv', '--pdeathsig=QUIT', ...dropping, program, ...args];
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  for (const deadline = performance.now() + START_MS; ;) {
    try {
      await query(url, 'select 1');
      return;
    } catch (error) {
      if (server.exitCode !== null || performance.now() > deadline) throw new Error('PostgreSQL did not start', { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
