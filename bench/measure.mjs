/** Runs the cases in interleaved rounds, A B C A B C, so that a slow minute of the machine slows every server alike. */
import { isJudged } from './goals.mjs';
import { startGenerator, startServer } from './servers.mjs';

// What a measurement takes besides its spans: connections and sessions are opened, an order is passed on.
const OVERHEAD_MS = 60;
const FAN_OUT_MS = 4500;
const START_MS = 700;
// Compiling and collecting go on for a while after other work: a window must be long enough that they are a small part of it.
const JUDGED_FACTOR = 3;

/** Answers per second of every case, concurrency and server, round by round. Cases of a group share their servers. */
export function measureCases(cases, plan, progress) {
  const rows = cases.flatMap(({ concurrency, ...about }) => concurrency.map((count) => ({ ...about, concurrency: count, rounds: [] })));
  const groups = Map.groupBy(rows, ({ group }) => group);
  for (const group of groups.values()) progress.expect(...stepsOf(group, plan));
  return {
    rows,
    async run() {
      const generator = startGenerator();
      try {
        for (const group of groups.values()) await measureGroup(group, plan, generator, progress);
      } finally {
        await generator.stop();
      }
    },
  };
}

async function measureGroup(rows, plan, generator, progress) {
  const servers = new Map();
  // A server that one case uses must not be measured colder than one that ten cases share.
  const cold = new Set(serversOf(rows));
  try {
    for (const name of cold) {
      progress.step(`starting ${name}`);
      servers.set(name, await startServer(name));
    }
    for (let round = 0; round < plan.rounds; round++) {
      for (const row of rows) {
        const results = {};
        for (const [column, name] of Object.entries(row.servers)) {
          const { warmMs, measureMs } = spansOf(row, plan, round, cold.delete(name));
          progress.step(`round ${round + 1} of ${plan.rounds}: ${row.title}, ${row.concurrency} at once, ${column}`);
          const { port, pid } = servers.get(name);
          const order = { verb: 'measure', ...row.work, concurrency: row.concurrency, port, pid, measureMs, warmMs };
          results[column] = await generator.order(order).catch((error) => {
            throw new Error(`${row.title}, ${row.concurrency} at once, ${name}: ${error.message}`);
          });
        }
        row.rounds.push(results);
      }
    }
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()));
  }
}

function serversOf(rows) {
  return new Set(rows.flatMap((row) => Object.values(row.servers)));
}

function spansOf(row, plan, round, isCold) {
  const factor = isJudged(row) ? JUDGED_FACTOR : 1;
  const warmMs = round === 0 ? plan.firstWarmMs : plan.warmMs;
  return { warmMs: Math.max(warmMs * factor, isCold ? plan.coldWarmMs : 0), measureMs: plan.measureMs * factor };
}

function lengthOf(row, plan, round, isCold) {
  const { warmMs, measureMs } = spansOf(row, plan, round, isCold);
  return row.work.verb === 'fanOut' ? FAN_OUT_MS : warmMs + measureMs + OVERHEAD_MS;
}

/** How long each step of a group is expected to take. */
function stepsOf(rows, plan) {
  const cold = serversOf(rows);
  const starts = Array.from(cold, () => START_MS);
  const measurements = Array.from({ length: plan.rounds }, (_, round) => rows.flatMap((row) => Object.values(row.servers).map((name) => {
    return lengthOf(row, plan, round, cold.delete(name));
  })));
  return [...starts, ...measurements.flat()];
}
