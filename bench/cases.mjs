/** What is measured, on which servers, and at how many requests at once. */
import { apiKey } from './key.mjs';

/** The measured servers, as columns. */
export const columns = {
  bare: 'node:http', gatehouse: 'Gatehouse', sdk2: 'SDK 2', sdk2fast: 'SDK 2, body parsed before', sdk1: 'SDK 1', nest: 'MCP-Nest', fastmcp: 'fastmcp', framework: 'mcp-framework',
};

const official = ['bare', 'gatehouse', 'sdk2', 'sdk1'];
const everyone = [...official, 'nest', 'fastmcp', 'framework'];
const selfContained = ['bare', 'gatehouse', 'sdk2', 'nest'];

/** The programs of columns with so many tools; exceptions by column, null for a server that cannot do it. */
function on(names, tools, exceptions = {}) {
  return Object.fromEntries(names.map((name) => [name, name in exceptions ? exceptions[name] : `${name}-${tools}`]).filter(([, program]) => program !== null));
}

const shipped = { gatehouse: 'gatehouse' };
const every = [1, 16, 64];

function call(revision, names, { tools = 4, concurrency = every, quick = 16 } = {}) {
  return {
    id: tools === 4 ? `call-${revision}` : `call-${tools}-${revision}`, group: tools, quick, concurrency,
    title: `tools/call, ${wayTitle(revision)}${tools === 4 ? '' : `, ${tools.toLocaleString('en')} tools`}`,
    work: { ...wayTo(revision), task: 'echo' }, servers: on(names, tools, tools === 4 ? shipped : {}),
  };
}

function list(tools, revision, names, { concurrency = every, quick } = {}) {
  return {
    id: tools === 50 ? `list-${revision}` : `list-${tools}-${revision}`, group: tools, quick, concurrency,
    title: `tools/list of ${tools.toLocaleString('en')}, ${wayTitle(revision)}`,
    work: { ...wayTo(revision), task: 'list', tools }, servers: on(names, tools),
  };
}

function wayTo(revision) {
  return revision === '2026-07-28' ? { way: 'stateless' } : { way: 'session', revision };
}

function wayTitle(revision) {
  return revision === '2026-07-28' ? revision : `session ${revision}`;
}

/** Cases of answers per second. `quick` is the concurrency of the short run; absent, the case is left out of it. */
export const cases = [
  call('2025-11-25', [...everyone, 'sdk2fast']),
  call('2025-06-18', [...official, 'sdk2fast'], { concurrency: [16], quick: undefined }),
  call('2025-03-26', [...official, 'sdk2fast']),
  call('2026-07-28', [...selfContained, 'sdk2fast']),
  { id: 'call-signed-in', title: 'tools/call, 2026-07-28, caller verified', group: 4, work: { way: 'stateless', task: 'echo', key: apiKey }, servers: on(['bare', 'gatehouse', 'sdk2'], 4, { gatehouse: 'gatehouse-signed-in' }), concurrency: [16], quick: 16 },
  { id: 'call-sse', title: 'tools/call, HTTP+SSE', group: 4, work: { way: 'sse', task: 'echo' }, servers: on(['bare', 'gatehouse', 'sdk1'], 4, shipped), concurrency: every, quick: 1 },
  { id: 'session', title: 'session set-up and end', group: 4, work: { way: 'lifetime', revision: '2025-11-25' }, servers: on([...everyone, 'sdk2fast'], 4, shipped), concurrency: [1, 16], quick: 16 },
  // MCP-Nest and mcp-framework send progress of a session elsewhere than on the stream of its call.
  { id: 'progress-2025-11-25', title: '1,000 notifications per call, session 2025-11-25', group: 4, work: { ...wayTo('2025-11-25'), task: 'count' }, servers: on([...official, 'sdk2fast', 'fastmcp'], 4, { fastmcp: 'fastmcp-streams' }), concurrency: [1], quick: 1 },
  { id: 'progress-2026-07-28', title: '1,000 notifications per call, 2026-07-28', group: 4, work: { ...wayTo('2026-07-28'), task: 'count' }, servers: on([...selfContained, 'sdk2fast'], 4), concurrency: [1], quick: 1 },
  { id: 'fan-out', title: 'one notification to 1,000 open streams', group: 4, work: { verb: 'fanOut', streams: 1000, times: 5 }, servers: on(official, 4), concurrency: [1], quick: 1 },
  { id: 'big-2025-11-25', title: '1 MB echo, session 2025-11-25', group: 4, work: { ...wayTo('2025-11-25'), task: 'repeat' }, servers: on([...official, 'sdk2fast'], 4), concurrency: [1], quick: 1 },
  { id: 'big-2026-07-28', title: '1 MB echo, 2026-07-28', group: 4, work: { ...wayTo('2026-07-28'), task: 'repeat' }, servers: on([...selfContained, 'sdk2fast'], 4), concurrency: [1] },
  list(2, '2025-11-25', official),
  list(2, '2026-07-28', selfContained.slice(0, 3)),
  list(50, '2025-11-25', everyone, { quick: 16 }),
  list(50, '2026-07-28', selfContained, { quick: 16 }),
  call('2025-11-25', official, { tools: 50, concurrency: [16], quick: undefined }),
  call('2026-07-28', selfContained.slice(0, 3), { tools: 50, concurrency: [16], quick: undefined }),
  list(1000, '2025-11-25', official, { concurrency: [16] }),
  list(1000, '2026-07-28', selfContained.slice(0, 3), { concurrency: [16] }),
  call('2025-11-25', official, { tools: 1000, concurrency: [16], quick: undefined }),
  call('2026-07-28', selfContained.slice(0, 3), { tools: 1000, concurrency: [16], quick: undefined }),
];

/** What a start, waiting clients and a full load cost: less is better. */
export const costs = [
  { id: 'cold-start', title: 'process start to first answered call', unit: 'ms', servers: on(everyone, 4, shipped) },
  // mcp-framework sends every answer to every session there is, and fastmcp lets each of them wait a second.
  { id: 'idle-session', title: 'resident memory of an idle session', unit: 'kB', servers: on(everyone, 4, shipped), shares: { fastmcp: 0.2, framework: 0.06 } },
  { id: 'idle-stream-mcp', title: 'resident memory of an idle /mcp stream and its session', unit: 'kB', door: 'mcp', servers: on(official, 4, shipped) },
  { id: 'idle-stream-sse', title: 'resident memory of an idle /sse stream and its session', unit: 'kB', door: 'sse', servers: on(['bare', 'gatehouse', 'sdk1'], 4, shipped) },
  { id: 'loop-delay', title: 'event-loop delay p99 at 64 calls at once', unit: 'ms', work: { ...wayTo('2025-11-25'), task: 'echo' }, concurrency: 64, servers: on(official, 4, shipped) },
];
