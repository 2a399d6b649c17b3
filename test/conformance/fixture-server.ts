/** Starts the fixture server as a process of its own and ends it by its id. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const START_MS = 20_000;
const STOP_MS = 5_000;
const READY = /^conformance fixtures at (http:\S+)$/;

export interface FixtureServer {
  url: string;
  stop(): Promise<void>;
}

/** Resolves once the server says where it listens; what it prints is kept in `server.log`. */
export async function startFixtureServer(directory: string): Promise<FixtureServer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.js')], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const log = createWriteStream(join(directory, 'server.log'));
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  try {
    return { url: await addressFrom(child.stdout, child), stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

function addressFrom(output: Readable, child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`The fixture server said nothing for ${START_MS} ms.`)), START_MS);
    const fail = (reason: string) => {
      clearTimeout(late);
      reject(new Error(reason));
    };
    child.once('error', (error) => fail(`The fixture server did not start: ${error.message}`));
    child.once('exit', (code, signal) => fail(`The fixture server ended at once (${code ?? signal}).`));
    createInterface({ input: output }).on('line', (line) => {
      const url = READY.exec(line)?.[1];
      if (!url) return;
      clearTimeout(late);
      resolve(url);
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(force);
}
