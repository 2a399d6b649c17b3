/** Runs the cases in interleaved rounds, A B C A B C, so that a slow minute of the machine slows every server alike. */
import { Connection } from './connection.mjs';
import { initialize, initialized, nextId, post, sessionHeaders } from './requests.mjs';
import { startGenerator, startServer } from './servers.mjs';
import { MESSAGE } from './tools.mjs';

const REVISION = '2025-11-25';

/** Answers per second of every case, concurrency and server, round by round. */
export async function measureCases(cases, { rounds, coldWarmMs, firstWarmMs, warmMs, measureMs }, tell) {
  const generator = startGenerator();
  const servers = new Map();
  // A server that one case uses must not be measured colder than one that ten cases share.
  const cold = new Set();
  const rows = cases.flatMap(({ concurrency, ...about }) => concurrency.map((count) => ({ ...about, concurrency: count, rounds: [] })));
  try {
    for (const name of new Set(rows.flatMap((row) => Object.values(row.servers)))) {
      tell(`starting ${name}`);
      servers.set(name, await startServer(name));
      cold.add(name);
    }
    for (let round = 0; round < rounds; round++) {
      for (const [index, row] of rows.entries()) {
        const results = {};
        for (const [column, name] of Object.entries(row.servers)) {
          tell(`round ${round + 1} of ${rounds}, ${index + 1} of ${rows.length}: ${row.title}, ${row.concurrency} at once, ${column}`);
          const { port, pid } = servers.get(name);
          const isCold = cold.delete(name);
          results[column] = await generator.order({
            verb: 'measure', ...row.work, concurrency: row.concurrency, port, pid, measureMs,
            warmMs: isCold ? coldWarmMs : round === 0 ? firstWarmMs : warmMs,
          });
        }
        row.rounds.push(results);
      }
    }
  } finally {
    await Promise.all([generator, ...servers.values()].map((process) => process.stop()));
  }
  return rows;
}

/** What the given costs are, round by round. */
export async function measureCosts(costs, { starts, sessions }, tell) {
  const rows = [];
  for (const cost of costs) {
    const isStart = cost.id === 'cold-start';
    const row = { ...cost, rounds: [] };
    for (let round = 0; round < (isStart ? starts : 1); round++) {
      const results = {};
      for (const [column, name] of Object.entries(cost.servers)) {
        tell(`${cost.title}, ${column}`);
        results[column] = isStart ? await coldStart(name) : await idleSession(name, sessions);
      }
      row.rounds.push(results);
    }
    rows.push(row);
    if (!isStart) rows.push({ ...row, title: cost.heapTitle, rounds: row.rounds.map(heapOf) });
  }
  return rows;
}

function heapOf(round) {
  return Object.fromEntries(Object.entries(round).map(([column, { heap }]) => [column, { value: heap }]));
}

async function coldStart(name) {
  const started = performance.now();
  const server = await startServer(name);
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

async function idleSession(name, sessions) {
  const server = await startServer(name, { flags: ['--expose-gc', '--import', new URL('collect.mjs', import.meta.url).href], channel: true });
  const generator = startGenerator();
  const collected = () => new Promise((resolve) => {
    server.child.once('message', resolve);
    server.child.send('collect');
  });
  try {
    const fill = (count) => generator.order({ verb: 'fill', port: server.port, revision: REVISION, sessions: count });
    // The first ones pay for code and tables that all of them share.
    await fill(Math.ceil(sessions / 5));
    const before = await collected();
    await fill(sessions);
    const after = await collected();
    return { value: (after.rss - before.rss) / 1024 / sessions, heap: (after.heapUsed + after.external - before.heapUsed - before.external) / 1024 / sessions };
  } finally {
    await Promise.all([generator.stop(), server.stop()]);
  }
}
