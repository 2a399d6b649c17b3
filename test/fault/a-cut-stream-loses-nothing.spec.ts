/** Connections cut at any byte: whoever comes back finds every message once, in order, and one final answer (P1, P3; rows B5, B9). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy, type Fault } from '../support/fault-proxy.js';
import { EventStream, type StreamFrame } from '../support/http-event-stream.js';
import { McpSession, streamPerRequest, type RpcMessage } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';
import { LedgerServer } from '../support/ledger-server.js';
import { many } from '../support/many.js';
import { seeded, type Dice } from '../support/seeded.js';

const [SESSIONS, STEPS, CUTS] = [40, 60, 6];
// The head of a response and the first events lie before this; a whole stream is some kilobytes longer.
const LONGEST = 9000;
const dice = seeded();
let server: LedgerServer;

beforeAll(async () => {
  server = await LedgerServer.start({ LOG_LEVEL: 'error', GATEHOUSE_RETRY_MS: '10' });
});
afterAll(() => server.process.kill());

/** A message with the place to come back to. */
type Heard = StreamFrame & { id: string };

/** Reads one call to its end through whatever happens, as a client does: the last id it has whole is where it comes back. */
async function readToTheEnd(session: McpSession, id: number, first: EventStream): Promise<{ heard: Heard[]; returns: number }> {
  const heard: Heard[] = [];
  let last: string | undefined;
  for (let stream = first, returns = 0; ; returns++) {
    await stream.ended();
    heard.push(...stream.frames.filter((frame): frame is Heard => frame.id !== undefined && frame.data !== undefined && frame.data !== ''));
    if (heard.some(({ data }) => message(data).id === id)) return { heard, returns };
    last = stream.frames.findLast(({ id: place }) => place !== undefined)?.id ?? last;
    stream = await comeBack(session, last);
  }
}

/** Comes back until a connection lasts long enough to answer. */
async function comeBack(session: McpSession, lastEventId: string | undefined): Promise<EventStream> {
  for (;;) {
    try {
      const stream = await session.listen(lastEventId);
      expect(stream.status, stream.text).toBe(200);
      return stream;
    } catch (error) {
      // Cut before the head was through: nothing was said.
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  }
}

function message(data = ''): RpcMessage {
  const parsed: RpcMessage = JSON.parse(data);
  return parsed;
}

function randomCut(random: Dice): Fault {
  return { kind: random.pick(['cut', 'reset'] as const), after: random.below(LONGEST) + 1 };
}

/** What a call of `walk` says, in order. */
function story(key: string): string[] {
  return [...Array.from({ length: STEPS }, (_, index) => `${key} step ${index + 1}`), `${key} walked ${STEPS}`];
}

function told({ method, params, result }: RpcMessage): unknown {
  if (method === 'notifications/progress') return params?.['message'];
  const content = result?.['content'];
  return Array.isArray(content) ? content[0]?.text : result;
}

describe(`a call whose connection is cut at any byte (seed ${dice.seed})`, () => {
  it.each(['2025-11-25', '2025-06-18', '2025-03-26'])('is heard whole by a client of %s that comes back: nothing lost, nothing twice, nothing of others (P3)', async (revision) => {
    const random = dice.fork();
    const results = await many(SESSIONS, async (index) => {
      const key = `${revision} ${index}`;
      // The request itself goes through: what was not asked has no answer.
      const direct = await McpSession.open(server.url, revision);
      const faults = Array.from({ length: CUTS }, () => randomCut(random));
      // Before 2025-11-25 there is no place to come back to until the first event has arrived.
      const first: Fault = revision === '2025-11-25' ? { kind: 'cut', after: 600 + random.below(LONGEST) } : { kind: 'cut', after: 1000 + random.below(LONGEST) };
      const proxy = await FaultProxy.start(server.url, (connection) => ({ toClient: connection === 0 ? first : faults[connection - 1] }));
      const session = direct.through(proxy.url);
      const { heard, returns } = await readToTheEnd(session, index, await session.streamTool(index, 'walk', { key, count: STEPS }));
      await proxy.close();
      return { key, returns, said: heard.map(({ data }) => told(message(data))), ids: heard.map(({ id }) => id) };
    });
    for (const { key, said, ids } of results) {
      expect(said, key).toEqual(story(key));
      expect(new Set(ids).size).toBe(ids.length);
    }
    expect(Math.max(...results.map(({ returns }) => returns))).toBeGreaterThan(1);
    const rows = (await server.rows()).filter((row) => row.startsWith(`walked:${revision}`));
    expect(rows.toSorted()).toEqual(results.map(({ key }) => `walked:${key}`).toSorted());
  }, 120_000);
});

describe(`a call that cannot be read on (seed ${dice.seed})`, () => {
  const doors: [string, (url: string, index: number, key: string) => Promise<EventStream>][] = [
    ['2026-07-28', (url, index, key) => streamPerRequest(url, index, 'tools/call', { name: 'walk', arguments: { key, count: STEPS }, _meta: { progressToken: index } })],
    ['HTTP+SSE', async (url, index, key) => {
      // Progress has words only since 2025-03-26.
      const client = await SseClient.connect(url, '2025-03-26');
      const call = { jsonrpc: '2.0', id: index, method: 'tools/call', params: { name: 'walk', arguments: { key, count: STEPS }, _meta: { progressToken: index } } };
      await client.post(call).catch(() => undefined);
      return client.stream;
    }],
  ];

  it.each(doors)('on %s has its answer or breaks visibly, wherever it is cut (P1)', async (door, call) => {
    const random = dice.fork();
    const outcomes = await many(SESSIONS, async (index) => {
      const key = `${door} ${index}`;
      // Past the handshake; some cuts come too late to matter.
      const fault: Fault = { kind: random.pick(['cut', 'reset'] as const), after: 1500 + random.below(LONGEST * 2) };
      const proxy = await FaultProxy.start(server.url, (connection) => (connection === 0 ? { toClient: fault } : {}));
      const stream = await call(proxy.url, index, key);
      const answer = await stream.answer(index).catch(() => undefined);
      stream.close();
      await proxy.close();
      const said = stream.messages.filter(({ id, method }) => id === index || method === 'notifications/progress').map(told);
      expect(said, key).toEqual(story(key).slice(0, said.length));
      expect(answer !== undefined || !stream.isWhole, key).toBe(true);
      return answer !== undefined;
    });
    expect(new Set(outcomes)).toEqual(new Set([true, false]));
  });
});

describe('a process that dies in the middle (B9)', () => {
  it('leaves every stream visibly broken, and the next process knows none of their places', async () => {
    const [dying, next] = [await LedgerServer.forTest(), await LedgerServer.forTest()];
    const calls = await many(30, async (index) => {
      const session = await McpSession.open(dying.url);
      const stream = await session.streamTool(index, 'walk', { key: `dying ${index}`, count: 100_000 });
      await stream.message('progress', ({ method }) => method === 'notifications/progress');
      return { session, stream };
    });
    await dying.process.kill();
    for (const { session, stream } of calls) {
      await stream.ended();
      expect([stream.isWhole, stream.messages.some(({ result }) => result !== undefined)]).toEqual([false, false]);
      const resumed = await session.through(next.url).listen(stream.frames.at(-1)?.id);
      expect(resumed.status).toBe(404);
    }
  });
});
