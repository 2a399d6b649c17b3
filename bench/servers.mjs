/** Starts and stops the measured servers, each a process on a core that the load generator does not use. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apiKey } from './key.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const root = dirname(here);

const scripts = {
  bare: 'bare.mjs', gatehouse: 'gatehouse-tools.mjs', sdk2: 'sdk2.mjs', sdk2fast: 'sdk2.mjs', sdk1: 'sdk1.mjs',
  nest: 'peers/mcp-nest/server.mjs', fastmcp: 'peers/fastmcp/server.mjs', framework: 'peers/mcp-framework/server.mjs',
};

const shipped = join(root, 'dist/main.js');

/** What can be started: a column with a number of tools, or one of these. `gatehouse` is the program as it is shipped. */
const programs = {
  'gatehouse': { script: shipped },
  'gatehouse-signed-in': { script: shipped, env: { GATEHOUSE_AUTH_MODE: 'embedded', MCP_API_KEY: apiKey } },
  'fastmcp-streams': { script: join(here, scripts.fastmcp), env: { ANSWERS: 'stream' } },
};

function programOf(name) {
  if (programs[name]) return programs[name];
  const [column, tools] = name.split('-');
  return { script: join(here, scripts[column]), env: { TOOLS: tools, ...(column === 'sdk2fast' ? { BODY: 'parsed' } : {}) } };
}

// Bounds that a benchmark from one address and one caller would meet; everything else stays as it is shipped.
const settings = {
  LOG_LEVEL: 'error', GATEHOUSE_MAX_SESSIONS_PER_CALLER: '100000', GATEHOUSE_MAX_SESSIONS: '100000',
  GATEHOUSE_MAX_STREAMS_PER_ADDRESS: '0', GATEHOUSE_MAX_STREAMS_PER_USER: '0', GATEHOUSE_VISITS_PER_ADDRESS: '0',
  GATEHOUSE_MAX_CALLS_PER_CALLER: '256', GATEHOUSE_DRAIN_SECONDS: '1',
  // The others send a list of 1,000 in one piece.
  GATEHOUSE_PAGE_SIZE: '1000',
  // Without sign-in, as the servers it is compared with; one case measures what it costs.
  GATEHOUSE_AUTH_MODE: 'none', DATABASE_URL: 'sqlite::memory:',
};

// What these write for every session would hide what is said here.
const chatty = /^(?:framework|fastmcp)/;

const READY_MS = 20_000;
const STOP_MS = 4000;

/** The cores for the server and for the generator; undefined where they cannot be chosen. */
export const cores = findCores();

/**
 * Starts a program and waits until it listens.
 *
 * @param flags options of Node. @param channel whether `ask` may be used, with `inside.mjs` preloaded.
 */
export async function startServer(name, { flags = [], channel = false } = {}) {
  const { script, env = {} } = programOf(name);
  const child = spawnNode([...flags, script], cores?.server, {
    cwd: root, env: { ...process.env, ...settings, ...env, PORT: '0' }, stdio: ['ignore', 'pipe', chatty.test(name) ? 'ignore' : 'inherit', ...(channel ? ['ipc'] : [])],
  });
  const port = await portOf(child, name);
  const ask = (verb) => answerOf(child, verb, name);
  return { name, pid: child.pid, port, ask, stop: () => stop(child) };
}

/** Starts the load generator; the function sends it an order and resolves with its answer. */
export function startGenerator() {
  const child = spawnNode([join(here, 'load.mjs')], cores?.generator, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const order = async (message) => {
    const { result, error } = await answerOf(child, message, 'the load generator');
    if (error !== undefined) throw new Error(error);
    return result;
  };
  return { order, stop: () => stop(child) };
}

function answerOf(child, message, name) {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error(`${name} ended before it answered`));
    child.once('exit', end);
    child.once('message', (answer) => {
      child.off('exit', end);
      resolve(answer);
    });
    child.send(message);
  });
}

/** How many files, and so connections, a process may open: Node raises its soft limit to the hard one by itself. */
export function filesAtMost() {
  try {
    return Number(/Max open files\s+\S+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1] ?? Infinity);
  } catch {
    return 1024;
  }
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
