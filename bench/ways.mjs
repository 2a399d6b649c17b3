/** The ways to talk to a server. Each opens what it needs and yields functions that do one round and check its answer. */
import { Connection } from './connection.mjs';
import { bare, initialize, initialized, nextId, post, prepared, selfContained, sessionHeaders } from './requests.mjs';
import { taskOf } from './tasks.mjs';

export const ways = {
  async session({ port, revision, concurrency, ...work }) {
    const { message, isRight } = taskOf(work);
    const path = pathFor(work.task);
    const opener = await Connection.open(port);
    const id = await openSession(opener, path, revision);
    const write = prepared(path, message, sessionHeaders(revision, id));
    const connections = [opener, ...await openConnections(port, concurrency - 1)];
    return {
      rounds: connections.map((connection) => () => ask(connection, write, isRight)),
      async end() {
        await endSession(opener, path, revision, id);
        for (const connection of connections) connection.close();
      },
    };
  },

  async stateless({ port, concurrency, key, ...work }) {
    const task = taskOf(work);
    const { message, headers } = selfContained(task.message);
    const write = prepared('/mcp', message, key === undefined ? headers : { ...headers, Authorization: `Bearer ${key}` });
    const connections = await openConnections(port, concurrency);
    return {
      rounds: connections.map((connection) => () => ask(connection, write, task.isRight)),
      end: () => connections.forEach((connection) => connection.close()),
    };
  },

  async lifetime({ port, revision, concurrency }) {
    const connections = await openConnections(port, concurrency);
    return {
      rounds: connections.map((connection) => async () => {
        await endSession(connection, '/mcp', revision, await openSession(connection, '/mcp', revision));
      }),
      end: () => connections.forEach((connection) => connection.close()),
    };
  },

  async sse({ port, concurrency, ...work }) {
    const opened = await Promise.all(Array.from({ length: concurrency }, async () => {
      const session = await openSse(port);
      return { ...session, connection: await Connection.open(port) };
    }));
    const { message, isRight } = taskOf(work);
    for (const { connection, until, path } of opened) await introduce(connection, until, path);
    return {
      rounds: opened.map(({ connection, until, path }) => {
        const write = prepared(path, message);
        return async () => {
          const id = nextId();
          const { status } = await connection.send(write(id));
          if (status !== 202) throw new Error(`A message was answered ${status}`);
          const event = await until(`"id":${id}`);
          if (!isRight(Buffer.from(event))) throw new Error(`Wrong answer: ${event.slice(0, 500)}`);
        };
      }),
      end() {
        for (const { connection, stream } of opened) {
          connection.close();
          stream.close();
        }
      },
    };
  },
};

// Peers answer plain calls as JSON; only a session opened with this query may stream.
function pathFor(task) {
  return task === 'count' ? '/mcp?stream' : '/mcp';
}

/** Opens a session of Streamable HTTP; its id. */
export async function openSession(connection, path, revision) {
  const answer = await connection.send(post(path, initialize(revision)));
  const id = answer.header('mcp-session-id');
  if (answer.status !== 200 || id === undefined) throw new Error(`initialize was answered ${answer.status}: ${answer.text.slice(0, 300)}`);
  const { status } = await connection.send(post(path, initialized, sessionHeaders(revision, id)));
  if (status !== 202) throw new Error(`notifications/initialized was answered ${status}`);
  return id;
}

/** Ends a session of Streamable HTTP. */
export async function endSession(connection, path, revision, id) {
  const { status } = await connection.send(bare('DELETE', path, sessionHeaders(revision, id)));
  if (status !== 200 && status !== 204) throw new Error(`The end of a session was answered ${status}`);
}

/** Opens an HTTP+SSE stream: the connection, where its messages go, and a function that waits for a piece of its text. */
export async function openSse(port) {
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
  return { stream, path, until };
}

/** Does the handshake of an HTTP+SSE session. */
export async function introduce(connection, until, path) {
  const first = initialize('2024-11-05');
  await connection.send(post(path, first));
  await until(`"id":${first.id}`);
  await connection.send(post(path, initialized));
}

/** So many open connections. */
export function openConnections(port, count) {
  return Promise.all(Array.from({ length: count }, () => Connection.open(port)));
}

/** Sends one request and checks its answer. */
export async function ask(connection, write, isRight) {
  const id = nextId();
  const answer = await connection.send(write(id));
  if (answer.status !== 200 || !answer.body.includes(`"id":${id}`) || !isRight(answer.body)) {
    throw new Error(`Wrong answer, ${answer.status}: ${answer.text.slice(0, 500)}`);
  }
}
