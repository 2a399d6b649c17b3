/** What is measured, on which servers, and at how many requests at once. */
import { apiKey } from './key.mjs';

const all = { bare: 'bare', gatehouse: 'gatehouse', sdk2: 'sdk2', sdk1: 'sdk1' };
const stateless = { bare: 'bare', gatehouse: 'gatehouse', sdk2: 'sdk2' };
const embedded = { bare: 'bare', gatehouse: 'gatehouse-50', sdk2: 'sdk2', sdk1: 'sdk1' };
const fifty = { bare: 'bare', gatehouse: 'gatehouse-50', sdk2: 'sdk2-50', sdk1: 'sdk1-50' };

/** Cases of answers per second. `quick` is the concurrency of the short run; absent, the case is left out of it. */
export const cases = [
  { id: 'call-2025-11-25', title: 'tools/call, session 2025-11-25', work: { way: 'session', revision: '2025-11-25', task: 'echo' }, servers: all, concurrency: [1, 16, 64], quick: [16] },
  { id: 'call-2025-03-26', title: 'tools/call, session 2025-03-26', work: { way: 'session', revision: '2025-03-26', task: 'echo' }, servers: all, concurrency: [1, 16, 64], quick: [16] },
  { id: 'call-2026-07-28', title: 'tools/call, 2026-07-28', work: { way: 'stateless', task: 'echo' }, servers: stateless, concurrency: [1, 16, 64], quick: [16] },
  { id: 'call-signed-in', title: 'tools/call, 2026-07-28, caller verified', work: { way: 'stateless', task: 'echo', key: apiKey }, servers: { bare: 'bare', gatehouse: 'gatehouse-signed-in', sdk2: 'sdk2' }, concurrency: [16], quick: [16] },
  { id: 'call-sse', title: 'tools/call, HTTP+SSE', work: { way: 'sse', task: 'echo' }, servers: { bare: 'bare', gatehouse: 'gatehouse', sdk1: 'sdk1' }, concurrency: [1], quick: [1] },
  { id: 'list-2025-11-25', title: 'tools/list of 50, session 2025-11-25', work: { way: 'session', revision: '2025-11-25', task: 'list' }, servers: fifty, concurrency: [1, 16], quick: [16] },
  { id: 'list-2026-07-28', title: 'tools/list of 50, 2026-07-28', work: { way: 'stateless', task: 'list' }, servers: { bare: 'bare', gatehouse: 'gatehouse-50', sdk2: 'sdk2-50' }, concurrency: [1, 16], quick: [16] },
  { id: 'session', title: 'session set-up and end', work: { way: 'lifetime', revision: '2025-11-25' }, servers: all, concurrency: [1, 16], quick: [16] },
  { id: 'progress-2025-11-25', title: '1,000 notifications per call, session 2025-11-25', work: { way: 'session', revision: '2025-11-25', task: 'count' }, servers: embedded, concurrency: [1], quick: [1] },
  { id: 'progress-2026-07-28', title: '1,000 notifications per call, 2026-07-28', work: { way: 'stateless', task: 'count' }, servers: { bare: 'bare', gatehouse: 'gatehouse-50', sdk2: 'sdk2' }, concurrency: [1], quick: [1] },
  { id: 'big-2025-11-25', title: '1 MB echo, session 2025-11-25', work: { way: 'session', revision: '2025-11-25', task: 'repeat' }, servers: embedded, concurrency: [1], quick: [1] },
  { id: 'big-2026-07-28', title: '1 MB echo, 2026-07-28', work: { way: 'stateless', task: 'repeat' }, servers: { bare: 'bare', gatehouse: 'gatehouse-50', sdk2: 'sdk2' }, concurrency: [1] },
];

/** What a start and idle sessions cost: less is better. */
export const costs = [
  { id: 'cold-start', title: 'process start to first answered call', unit: 'ms', servers: all },
  { id: 'idle-session', title: 'resident memory of an idle session', heapTitle: 'heap of an idle session', unit: 'kB', servers: all },
];
