/** The load generator, a process of its own: told what to do over its channel, it answers with what it counted. */
import { readdirSync, readFileSync } from 'node:fs';
import { Connection } from './connection.mjs';
import { bare, initialize, initialized, nextId, post, prepared, selfContained, sessionHeaders } from './requests.mjs';
import { LISTED, MESSAGE, STEPS } from './tools.mjs';

const BIG = 'x'.repeat(1_000_000);

/** What is asked for, and how one tells that the answer is right. */
const tasks = {
  echo: { message: { method: 'tools/call', params: { name: 'echo', arguments: { message: MESSAGE } } }, isRight: (text) => text.includes(MESSAGE) && !text.includes('"isError":true') },
  repeat: { message: { method: 'tools/call', params: { name: 'repeat', arguments: { text: BIG } } }, isRight: (text) => text.length > BIG.length },
  list: { message: { method: 'tools/list' }, isRight: (text) => text.split('"inputSchema"').length === LISTED + 1 },
  count: {
    message: { method: 'tools/call', params: { name: 'count', arguments: {}, _meta: { progressToken: 'p' } } },
    isRight: (text) => text.split('"notifications/progress"').length === STEPS + 1,
  },
};

/** The ways to talk to a server. Each opens what it needs and yields functions that do one round and check its answer. */
const ways = {
  async session({ port, revision, task, concurrency }) {
    const { message, isRight } = tasks[task];
    const opener = await Connection.open(port);
    const id = await openSession(opener, pathFor(task), revision);
    const write = prepared(pathFor(task), message, sessionHeaders(revision, id));
    const connections = [opener, ...await openConnections(port, concurrency - 1)];
    return {
      rounds: connections.map((connection) => () => ask(connection, write, isRight)),
      async end() {
        await opener.send(bare('DELETE', pathFor(task), sessionHeaders(revision, id)));
        for (const connection of connections) connection.close();
      },
    };
  },

  async stateless({ port, task, concurrency, key }) {
    const { message, headers } = selfContained(tasks[task].message);
    const write = prepared('/mcp', message, key === undefined ? headers : { ...headers, Authorization: `Bearer ${key}` });
    const connections = await openConnections(port, concurrency);
    return {
      rounds: connections.map((connection) => () => ask(connection, write, tasks[task].isRight)),
      end: () => connections.forEach((connection) => connection.close()),
    };
  },

  async lifetime({ port, revision, concurrency }) {
    const connections = await openConnections(port, concurrency);
    return {
      rounds: connections.map((connection) => async () => {
        const id = await openSession(connection, '/mcp', revision);
        const { status } = await connection.send(bare('DELETE', '/mcp', sessionHeaders(revision, id)));
        if (status !== 200 && status !== 204) throw new Error(`The end of a session was answered ${status}`);
      }),
      end: () => connections.forEach((connection) => connection.close()),
    };
  },

  async sse({ port, task }) {
    const { message, isRight } = tasks[task];
    const stream = await Connection.open(port);
    let received = '';
    let wake = () => undefined;
    await stream.listen(bare('GET', '/sse', { Accept: 'text/event-stream' }), (text) => {
      received += text;
      wake();
    });
    const until = async (mark) => {
      while (!received.includes(mark)) await new Promise((resolve) => (wake = resolve));
      const event = received;
      received = '';
      return event;
    };
    const [, path] = /data: *(\S+)/.exec(await until('\n\n')) ?? [];
    const connection = await Connection.open(port);
    const first = initialize('2024-11-05');
    await connection.send(post(path, first));
    await until(`"id":${first.id}`);
    await connection.send(post(path, initialized));
    const write = prepared(path, message);
    return {
      rounds: [async () => {
        const id = nextId();
        const { status } = await connection.send(write(id));
        if (status !== 202) throw new Error(`A message was answered ${status}`);
        const event = await until(`"id":${id}`);
        if (!isRight(event)) throw new Error(`Wrong answer: ${event.slice(0, 500)}`);
      }],
      end() {
        connection.close();
        stream.close();
      },
    };
  },
};

// Peers answer plain calls as JSON; only a session opened with this query may stream.
function pathFor(task) {
  return task === 'count' ? '/mcp?stream' : '/mcp';
}

async function openSession(connection, path, revision) {
  const answer = await connection.send(post(path, initialize(revision)));
  const id = answer.header('mcp-session-id');
  if (answer.status !== 200 || id === undefined) throw new Error(`initialize was answered ${answer.status}: ${answer.text.slice(0, 300)}`);
  const { status } = await connection.send(post(path, initialized, sessionHeaders(revision, id)));
  if (status !== 202) throw new Error(`notifications/initialized was answered ${status}`);
  return id;
}

function openConnections(port, count) {
  return Promise.all(Array.from({ length: count }, () => Connection.open(port)));
}

async function ask(connection, write, isRight) {
  const id = nextId();
  const answer = await connection.send(write(id));
  const { status, text } = answer;
  if (status !== 200 || !text.includes(`"id":${id}`) || !isRight(text)) throw new Error(`Wrong answer, ${status}: ${text.slice(0, 500)}`);
}

/** Keeps every connection busy, first unmeasured, then for the time that counts. */
async function measure({ way, warmMs, measureMs, pid, ...work }) {
  const { rounds, end } = await ways[way](work);
  let isOver = false;
  let count = 0;
  const busy = Promise.all(rounds.map(async (round) => {
    while (!isOver) {
      await round();
      count++;
    }
  }));
  const span = async (ms) => {
    await Promise.race([busy, new Promise((resolve) => setTimeout(resolve, ms))]);
  };
  await span(warmMs);
  const [from, fromCpu, fromCount] = [process.hrtime.bigint(), cpuNanoseconds(pid), count];
  const own = process.cpuUsage();
  await span(measureMs);
  const [to, toCpu, toCount] = [process.hrtime.bigint(), cpuNanoseconds(pid), count];
  const { user, system } = process.cpuUsage(own);
  isOver = true;
  await busy;
  await end();
  const seconds = Number(to - from) / 1e9;
  const answers = toCount - fromCount;
  return {
    answers, seconds, perSecond: answers / seconds, from: Number(from / 1000n), to: Number(to / 1000n),
    cpuMicroseconds: fromCpu === undefined || answers === 0 ? undefined : Number(toCpu - fromCpu) / 1000 / answers,
    generatorBusy: (user + system) / 1e6 / seconds,
  };
}

/** CPU time of all threads of a process; undefined where the system does not tell. */
function cpuNanoseconds(pid) {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`).map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1'));
    return tasks.reduce((sum, stat) => sum + BigInt(stat.split(' ')[0]), 0n);
  } catch {
    return undefined;
  }
}

/** Opens sessions that stay. */
async function fill({ port, revision, sessions }) {
  const connections = await openConnections(port, 16);
  let left = sessions;
  await Promise.all(connections.map(async (connection) => {
    while (left-- > 0) await openSession(connection, '/mcp', revision);
  }));
  for (const connection of connections) connection.close();
  return { sessions };
}

const verbs = { measure, fill };

process.on('message', ({ verb, ...order }) => {
  verbs[verb](order).then((result) => process.send({ result }), (error) => process.send({ error: error.message }));
});
process.on('disconnect', () => process.exit(0));
