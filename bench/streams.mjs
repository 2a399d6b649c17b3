/** Many open streams at once: held while their memory is counted, or told of a change together. */
import { cpuNanoseconds } from './cpu.mjs';
import { Connection } from './connection.mjs';
import { bare, prepared, sessionHeaders } from './requests.mjs';
import { taskOf } from './tasks.mjs';
import { ask, endSession, introduce, openConnections, openSession, openSse } from './ways.mjs';

const REVISION = '2025-11-25';
const OPENERS = 32;
// More than the quarter of a second within which Gatehouse tells of a list only once.
const PAUSE_MS = 320;
const HEARD_MS = 10_000;
const CHANGED = 'notifications/tools/list_changed';

const held = [];

/** Opens so many streams, each with a session of its own, that stay until the generator ends. */
export async function hold({ port, door, streams }) {
  await inParallel(port, streams, async (opener) => void held.push(door === 'sse' ? await openIdleSse(port, opener) : await openStream(port, () => undefined)));
  return { held: held.length };
}

/** Opens so many sessions that stay. One that takes a second to open does not hold up the others. */
export async function fill({ port, sessions }) {
  await inParallel(port, sessions, (opener) => openSession(opener, '/mcp', REVISION), Math.min(sessions, OPENERS * 8));
  return { sessions };
}

/** Lets a tool tell all streams of a change, several times: how long until the last has heard, and what it cost. */
export async function fanOut({ port, pid, streams: count, times }) {
  const listeners = Array.from({ length: count }, () => ({ heard: '' }));
  let missing = 0;
  let allHeard = () => undefined;
  const queue = listeners.values();
  await inParallel(port, count, async () => {
    const { value: listener } = queue.next();
    Object.assign(listener, await openStream(port, (text) => {
      const isNew = !listener.heard.includes(CHANGED);
      listener.heard += text;
      if (isNew && listener.heard.includes(CHANGED) && --missing === 0) allHeard();
    }));
  });
  const caller = await Connection.open(port);
  const session = await openSession(caller, '/mcp', REVISION);
  const { message, isRight } = taskOf({ task: 'announce' });
  const write = prepared('/mcp', message, sessionHeaders(REVISION, session));
  const tellOnce = async () => {
    for (const listener of listeners) listener.heard = '';
    missing = count;
    const [from, fromCpu] = [performance.now(), cpuNanoseconds(pid)];
    await Promise.all([ask(caller, write, isRight), within(HEARD_MS, new Promise((resolve) => (allHeard = resolve)), () => `${missing} of ${count} streams heard nothing`)]);
    const [milliseconds, toCpu] = [performance.now() - from, cpuNanoseconds(pid)];
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    for (const { heard } of listeners) checkNews(heard);
    return { milliseconds, cpu: fromCpu === undefined ? undefined : Number(toCpu - fromCpu) / 1000 / count };
  };
  await tellOnce();
  const from = microseconds();
  const told = [];
  for (let time = 0; time < times; time++) told.push(await tellOnce());
  const to = microseconds();
  for (const listener of listeners) {
    await endSession(caller, '/mcp', REVISION, listener.session);
    listener.connection.close();
  }
  caller.close();
  const milliseconds = middle(told.map((one) => one.milliseconds));
  return {
    answers: count * times, milliseconds, perSecond: (count / milliseconds) * 1000, from, to,
    cpuMicroseconds: told[0].cpu === undefined ? undefined : middle(told.map((one) => one.cpu)),
  };
}

function microseconds() {
  return Number(process.hrtime.bigint() / 1000n);
}

// Exactly one, and well-formed.
function checkNews(heard) {
  const events = heard.split('\n').filter((line) => line.startsWith('data:') && line.includes(CHANGED));
  if (events.length !== 1 || JSON.parse(events[0].slice('data:'.length)).method !== CHANGED) throw new Error(`Wrong news: ${heard.slice(0, 300)}`);
}

async function openStream(port, onText) {
  const connection = await Connection.open(port);
  const session = await openSession(connection, '/mcp', REVISION);
  const { status } = await connection.listen(bare('GET', '/mcp', { Accept: 'text/event-stream', ...sessionHeaders(REVISION, session) }), onText);
  if (status !== 200) throw new Error(`A stream was answered ${status}`);
  return { connection, session };
}

async function openIdleSse(port, opener) {
  const { stream, path, until } = await openSse(port);
  await introduce(opener, until, path);
  return stream;
}

/** Does it so many times, over connections that take the next one as soon as they are free. */
async function inParallel(port, times, work, width = OPENERS) {
  const openers = await openConnections(port, width);
  let left = times;
  await Promise.all(openers.map(async (opener) => {
    while (left-- > 0) await work(opener);
  }));
  for (const opener of openers) opener.close();
}

function within(ms, promise, complaint) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(complaint())), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function middle(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
