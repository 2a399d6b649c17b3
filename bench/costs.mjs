/** What a start, waiting clients and a full load cost a server, by processes started for nothing else. */
import { Connection } from './connection.mjs';
import { initialize, initialized, nextId, post, sessionHeaders } from './requests.mjs';
import { filesAtMost, startGenerator, startServer } from './servers.mjs';
import { MESSAGE } from './tools.mjs';

const REVISION = '2025-11-25';
// What the first clients pay for code and tables that all share, as a part of those that are counted.
const FIRST_PART = 0.4;
// Garbage makes this part of the heap grow and shrink by megabytes; at a fixed size it hides nothing.
const fixedYoungSpace = ['--expose-gc', '--min-semi-space-size=16', '--max-semi-space-size=16'];
const inside = ['--import', new URL('inside.mjs', import.meta.url).href];

/** Each way to measure a cost: how often a run does it, about how long one takes, and the doing. */
const kinds = {
  'cold-start': { times: ({ starts }) => starts, ms: 1000, measure: (_cost, name) => coldStart(name) },
  'loop-delay': { times: ({ starts }) => starts, ms: 3300, measure: (cost, name, plan) => loopDelay(cost, name, plan) },
  'idle-session': { times: ({ starts }) => starts, ms: 5000, measure: ({ shares }, name, { sessions }, column) => memoryOf(name, Math.round(sessions * (shares?.[column] ?? 1)), (count) => ({ verb: 'fill', sessions: count })) },
  'idle-stream-mcp': { times: () => 1, ms: 8000, measure: ({ door }, name, plan) => memoryOf(name, streamsOf(plan), (streams) => ({ verb: 'hold', door, streams })) },
  'idle-stream-sse': { times: () => 1, ms: 8000, measure: ({ door }, name, plan) => memoryOf(name, streamsOf(plan), (streams) => ({ verb: 'hold', door, streams })) },
};

/** What the given costs are, round by round. */
export function measureCosts(costs, plan, progress) {
  const rows = [];
  for (const cost of costs) {
    const { times, ms } = kinds[cost.id];
    progress.expect(...Array.from({ length: times(plan) * Object.keys(cost.servers).length }, () => ms));
  }
  return {
    rows,
    async run() {
      for (const cost of costs) rows.push(await measureCost(cost, plan, progress));
    },
  };
}

async function measureCost(cost, plan, progress) {
  const { times, measure } = kinds[cost.id];
  const row = { ...cost, rounds: [] };
  for (let round = 0; round < times(plan); round++) {
    const results = {};
    for (const [column, name] of Object.entries(cost.servers)) {
      progress.step(`${cost.title}, ${column}`);
      results[column] = await measure(cost, name, plan, column).catch((error) => {
        throw new Error(`${cost.title}, ${name}: ${error.message}`);
      });
    }
    row.rounds.push(results);
  }
  return row;
}

/** Milliseconds from starting a process to its first answered call. */
export async function coldStart(name, flags = []) {
  const started = performance.now();
  const server = await startServer(name, { flags });
  try {
    const connection = await Connection.open(server.port);
    const opened = await connection.send(post('/mcp', initialize(REVISION)));
    const headers = sessionHeaders(REVISION, opened.header('mcp-session-id'));
    await connection.send(post('/mcp', initialized, headers));
    const call = { jsonrpc: '2.0', id: nextId(), method: 'tools/call', params: { name: 'echo', arguments: { message: MESSAGE } } };
    const answer = await connection.send(post('/mcp', call, headers));
    if (!answer.text.includes(MESSAGE)) throw new Error(`Wrong answer: ${answer.text.slice(0, 500)}`);
    const value = performance.now() - started;
    connection.close();
    return { value };
  } finally {
    await server.stop();
  }
}

/** Resident memory that each of so many things takes, and how much of it V8 knows of, in kB. */
async function memoryOf(name, count, orderOf) {
  const server = await startServer(name, { flags: [...fixedYoungSpace, ...inside], channel: true });
  const generator = startGenerator();
  try {
    const take = (some) => generator.order({ ...orderOf(some), port: server.port });
    await take(Math.ceil(count * FIRST_PART));
    const before = await server.ask('memory');
    await take(count);
    const after = await server.ask('memory');
    const heap = ({ heapUsed, external }) => heapUsed + external;
    return { value: (after.rss - before.rss) / 1024 / count, heap: (heap(after) - heap(before)) / 1024 / count, count };
  } finally {
    await Promise.all([generator.stop(), server.stop()]);
  }
}

// A process has files of its own.
function streamsOf({ streams }) {
  return Math.min(streams, Math.floor((filesAtMost() - 200) / (1 + FIRST_PART)));
}

async function loopDelay({ work, concurrency }, name, { delayWarmMs, delayMs }) {
  const server = await startServer(name, { flags: inside, channel: true });
  const generator = startGenerator();
  try {
    const load = (measureMs) => generator.order({ verb: 'measure', ...work, concurrency, port: server.port, pid: server.pid, warmMs: 0, measureMs });
    await load(delayWarmMs);
    await server.ask('watchDelay');
    await load(delayMs);
    const { median, p99, max } = await server.ask('delay');
    return { value: p99, median, max };
  } finally {
    await Promise.all([generator.stop(), server.stop()]);
  }
}
