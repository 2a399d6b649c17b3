/**
 * Slow senders with the deadlines and numbers of a server in service (rows A13, A14): 1,000 that send a header line every ten
 * seconds, 500 that send a byte of a body every ten seconds, and what one other caller notices of it. `npm run slow`.
 */
import { perRequest, send } from '../support/http-mcp.js';
import { head, RawConnection } from '../support/http-raw.js';
import { requestDoor, WireServer } from '../support/wire.js';

const HEADER_SENDERS = 1000;
const BODY_SENDERS = 500;
const EVERY_MS = 10_000;
const SAMPLES = 400;
// Headers have 10 s, bodies 30 s, and Node looks every second.
const LATEST_MS = 33_000;

/** What became of one sender. */
interface End {
  status: number;
  afterMs: number;
}

/** How long one call takes, at the 99th of a hundred. */
async function p99(url: string): Promise<number> {
  const took: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const started = performance.now();
    const { status } = await send(`${url}/mcp`, perRequest(sample, 'tools/call', { name: 'note', arguments: { text: 'x' } }));
    if (status !== 200) throw new Error(`Another caller was answered ${status}`);
    took.push(performance.now() - started);
  }
  return took.toSorted((a, b) => a - b)[Math.floor(SAMPLES * 0.99)] ?? 0;
}

/** Opens slow lines; each ends when the server says so. */
async function slow(url: string, count: number, first: string, drop: string): Promise<End[]> {
  const lines = await Promise.all(Array.from({ length: count }, () => RawConnection.open(url, { halfOpen: true })));
  const started = performance.now();
  for (const line of lines) line.write(first);
  const drops = setInterval(() => {
    for (const line of lines) line.write(drop);
  }, EVERY_MS);
  const ends = await Promise.all(lines.map(async (line) => {
    while (line.unread === '' && !line.isClosed && performance.now() - started < LATEST_MS) await new Promise((resolve) => setTimeout(resolve, 50));
    const { status } = await line.response();
    return { status, afterMs: performance.now() - started };
  }));
  clearInterval(drops);
  for (const line of lines) line.destroy();
  return ends;
}

function tell(what: string, ends: readonly End[]): void {
  const times = ends.map(({ afterMs }) => afterMs);
  const statuses = [...new Set(ends.map(({ status }) => status))].join(', ');
  console.log(`${what}: ${ends.length} ended with ${statuses}, between ${Math.round(Math.min(...times))} and ${Math.round(Math.max(...times))} ms`);
  if (statuses !== '408') process.exitCode = 1;
}

const server = await WireServer.start({ LOG_LEVEL: 'warn' });
try {
  await p99(server.url);
  const before = { p99: await p99(server.url), descriptors: server.descriptors };
  const door = await requestDoor(server);
  const headers = slow(server.url, HEADER_SENDERS, 'POST /mcp HTTP/1.1\r\nHost: localhost\r\n', 'X-More: 1\r\n');
  const bodies = slow(server.url, BODY_SENDERS, head([...door.lines(), 'Content-Length: 1000'], '{'), ' ');
  const meanwhile = await p99(server.url);
  tell('headers', await headers);
  tell('bodies', await bodies);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  console.log(`p99 of another caller: ${before.p99.toFixed(1)} ms before, ${meanwhile.toFixed(1)} ms meanwhile; descriptors ${before.descriptors} before, ${server.descriptors} afterwards`);
  if (server.descriptors > before.descriptors + 4) process.exitCode = 1;
} finally {
  await server.stop();
}
