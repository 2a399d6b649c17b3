/** A real Redis of one test file: Debian's binary, a private port, nothing on disk. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { createClient } from '@redis/client';
import { freePort } from './free-port.js';
import { until } from './http-deadline.js';

/** Why Redis cannot be started here; undefined where it can. */
export const redisMissing = spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'no redis-server: apt-get install redis-server';

/** Whether suites on Redis may be left out: never where everything is proven. */
export const skipRedis = redisMissing !== undefined && process.env['CI'] !== 'true';

/** A server under the control of a test. */
export interface TestRedis {
  readonly url: string;
  /** Stands still, connections open: `SIGSTOP`. */
  freeze(): void;
  thaw(): void;
  /** Ends at once, as after `kill -9`, and forgets everything. */
  stop(): Promise<void>;
  /** Starts again on the same port, empty. */
  start(): Promise<void>;
  /** Forgets everything while it runs. */
  empty(): Promise<void>;
}

/** Throws where the binary is missing. */
export async function startRedis(): Promise<TestRedis> {
  if (redisMissing !== undefined) throw new Error(redisMissing);
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;

  const ask = async <T>(act: (client: ReturnType<typeof clientOf>) => Promise<T>): Promise<T> => {
    const client = clientOf(url);
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await act(client);
    } finally {
      if (client.isOpen) client.destroy();
    }
  };
  const start = async (): Promise<void> => {
    server = spawn('redis-server', ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', tmpdir()], { stdio: 'ignore' });
    await until('Redis answers', () => ask((client) => client.ping()).then(() => true, () => false));
  };
  const stop = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server?.once('exit', resolve));
    server.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url, start, stop,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    empty: async () => void await ask((client) => client.flushAll()),
  };
}

function clientOf(url: string) {
  return createClient({ url, socket: { reconnectStrategy: false } });
}
