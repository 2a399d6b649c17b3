/** Starts and stops the measured servers, each a process on a core that the load generator does not use. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiKey } from './key.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const root = dirname(here);

/** What can be started. `gatehouse` is the program as it is shipped; the names on the left of a dash are columns. */
const programs = {
  'bare': { script: join(here, 'bare.mjs') },
  'gatehouse': { script: join(root, 'dist/main.js') },
  'gatehouse-signed-in': { script: join(root, 'dist/main.js'), env: { GATEHOUSE_AUTH_MODE: 'embedded', MCP_API_KEY: apiKey } },
  'gatehouse-50': { script: join(here, 'gatehouse-50-tools.mjs') },
  'sdk2': { script: join(here, 'sdk2.mjs') },
  'sdk2-50': { script: join(here, 'sdk2.mjs'), env: { TOOLS: '50' } },
  'sdk1': { script: join(here, 'sdk1.mjs') },
  'sdk1-50': { script: join(here, 'sdk1.mjs'), env: { TOOLS: '50' } },
};

// Bounds that a benchmark from one address and one caller would meet; everything else stays as it is shipped.
const settings = {
  LOG_LEVEL: 'error', GATEHOUSE_MAX_SESSIONS_PER_CALLER: '100000', GATEHOUSE_MAX_SESSIONS: '100000',
  GATEHOUSE_MAX_STREAMS_PER_ADDRESS: '0', GATEHOUSE_MAX_STREAMS_PER_USER: '0', GATEHOUSE_VISITS_PER_ADDRESS: '0', GATEHOUSE_MAX_CALLS_PER_CALLER: '256', GATEHOUSE_DRAIN_SECONDS: '1',
  // Without sign-in, as the servers it is compared with; one case measures what it costs.
  GATEHOUSE_AUTH_MODE: 'none', DATABASE_URL: 'sqlite::memory:',
};

const READY_MS = 20_000;
const STOP_MS = 8000;

/** The cores for the server and for the generator; undefined where they cannot be chosen. */
export const cores = findCores();

/**
 * Starts a program and waits until it listens.
 *
 * @param flags options of Node. @param channel whether to keep a channel for messages.
 */
export async function startServer(name, { flags = [], channel = false } = {}) {
  const { script, env = {} } = programs[name];
  const child = spawnNode([...flags, script], cores?.server, {
    cwd: root, env: { ...process.env, ...settings, ...env, PORT: '0' }, stdio: ['ignore', 'pipe', 'inherit', ...(channel ? ['ipc'] : [])],
  });
  const port = await portOf(child, name);
  return { name, child, pid: child.pid, port, stop: () => stop(child) };
}

/** Starts the load generator; the function sends it an order and resolves with its answer. */
export function startGenerator() {
  const child = spawnNode([join(here, 'load.mjs')], cores?.generator, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const order = (message) => new Promise((resolve, reject) => {
    child.once('message', ({ result, error }) => (error === undefined ? resolve(result) : reject(new Error(error))));
    child.send(message);
  });
  return { order, stop: () => stop(child) };
}

function spawnNode(args, core, options) {
  return core === undefined ? spawn(process.execPath, args, options) : spawn('taskset', ['-c', String(core), process.execPath, ...args], options);
}

function portOf(child, name) {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${name} did not start within ${READY_MS / 1000} s`));
    }, READY_MS);
    child.stdout.on('data', (data) => {
      said += data;
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${name} ended with code ${code} before it listened`));
    });
  });
}

function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

function findCores() {
  if (spawnSync('taskset', ['--version']).status !== 0) return undefined;
  const [, list] = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
  const allowed = (list ?? '').split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
  // The first core answers most interrupts: the generator can bear them better.
  return allowed.length < 2 ? undefined : { generator: allowed[0], server: allowed.at(-1) };
}
