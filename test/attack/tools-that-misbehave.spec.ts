/**
 * Rows D7 to D9 with one call per caller: whatever a tool does, each door gives one plain answer without internals, and the
 * next call finds the place free. test/http/nest-misbehaving-tools.spec.ts has the rest of what tools may return.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until, within } from '../support/http-deadline.js';
import { McpSession, perRequest, rpc, send, streamPerRequest, type RpcMessage } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';
import { BLOCK_MS, SECRET } from '../support/misbehaving-tools.js';
import { WireServer } from '../support/wire.js';

const TIMEOUT_MS = 500;

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start({ GATEHOUSE_MAX_CALLS_PER_CALLER: '1', GATEHOUSE_TOOL_TIMEOUT: String(TIMEOUT_MS) });
});
afterAll(() => server.stop());
// Whatever a tool did, the process was never told of an error that nobody handled.
afterEach(() => {
  const unforeseen = server.complaints.filter((line) => !/"event":"(?:call\.failed|nest\.error)"\}$/.test(line));
  if (unforeseen.length > 0) throw new Error(unforeseen.join('\n'));
});

const failed = (name: string): object => ({ isError: true, content: [{ type: 'text', text: expect.stringMatching(new RegExp(`^${name} failed \\(reference [\\w-]{8}\\)$`)) }] });
const late = (name: string): object => ({ isError: true, content: [{ type: 'text', text: `${name} did not finish within ${TIMEOUT_MS / 1000} s` }] });
const first = { content: [{ type: 'text', text: 'first' }] };
const unusable = { code: -32603, message: 'The result cannot be sent' };
const huge = { code: -32603, message: 'The result is larger than this server sends' };

const cases: [name: string, answer: { result?: object; error?: object }][] = [
  ['throws', { result: failed('throws') }], ['throws-text', { result: failed('throws-text') }], ['throws-null', { result: failed('throws-null') }],
  ['hangs', { result: late('hangs') }], ['ignores-its-signal', { result: late('ignores-its-signal') }],
  ['settles-twice', { result: first }], ['talks-on', { result: first }], ['rejects-behind-its-back', { result: first }],
  ['returns-a-cycle', { error: unusable }], ['returns-a-cycle-in-a-block', { error: unusable }], ['returns-a-bigint', { error: unusable }], ['returns-deep', { error: unusable }],
  ['returns-100-mb', { error: huge }], ['returns-100-mb-in-a-block', { error: huge }], ['returns-100-mb-in-pieces', { error: huge }],
  ['blocks', { result: first }],
];

/** Calls a tool and gives the answer with everything that was said on the way. */
interface Caller {
  call(name: string): Promise<{ answer: RpcMessage; said: string }>;
  close(): void;
}

const callers: [door: string, open: () => Promise<Caller>][] = [
  ['2026-07-28', () => Promise.resolve({
    async call(name) {
      const { headers, json } = perRequest(1, 'tools/call', { name, arguments: {} });
      const reply = await send(`${server.url}/mcp`, { headers, json });
      return { answer: rpc(reply), said: reply.text };
    },
    close: () => undefined,
  })],
  ['2026-07-28 with progress', () => Promise.resolve({
    async call(name) {
      const stream = await streamPerRequest(server.url, 1, 'tools/call', { name, arguments: {}, _meta: { progressToken: 'p', 'io.modelcontextprotocol/logLevel': 'debug' } });
      await stream.ended();
      return { answer: stream.messages.at(-1) ?? rpc(stream), said: stream.text };
    },
    close: () => undefined,
  })],
  ['a session of 2025-11-25', async () => {
    const session = await McpSession.open(server.url);
    return {
      async call(name) {
        const reply = await session.callTool(crypto.randomUUID(), name);
        return { answer: rpc(reply), said: reply.text };
      },
      close: () => void session.end(),
    };
  }],
  ['/messages', async () => {
    const client = await SseClient.connect(server.url);
    return {
      async call(name) {
        const id = crypto.randomUUID();
        return { answer: await client.call(id, 'tools/call', { name, arguments: {} }), said: client.stream.text };
      },
      close: () => client.close(),
    };
  }],
];

describe.each(callers)('a tool that misbehaves, over %s', (_door, open) => {
  it.each(cases)('%s: one plain answer, and the one place is free again (D7, D8, D9)', async (name, expected) => {
    const caller = await open();
    const { answer, said } = await caller.call(name);
    expect(answer).toMatchObject(expected);
    expect(said).not.toMatch(new RegExp(`${SECRET}|node_modules|\\.[jt]s\\b|\\bat \\S+:\\d`));
    // The answer may be there a moment before the place is.
    await until('the next call runs', async () => {
      const reply = await send(`${server.url}/mcp`, perRequest(2, 'tools/call', { name: 'note', arguments: { text: name } }));
      return reply.status === 200;
    });
    expect(await serverLedger()).toEqual([`note:${name}`]);
    caller.close();
  });
});

async function serverLedger(): Promise<string[]> {
  return within('the ledger', server.ledger());
}

describe('a tool that blocks the process (D9)', () => {
  it('is the risk of tools in process: nothing answers meanwhile, a probe included, and everything does afterwards', async () => {
    const started = performance.now();
    const blocked = send(`${server.url}/mcp`, perRequest(1, 'tools/call', { name: 'blocks', arguments: {} }));
    await until('the process does not answer a probe in time', () => probe(BLOCK_MS / 5).then((answered) => !answered));
    expect((await blocked).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThanOrEqual(BLOCK_MS);
    expect(await probe(15_000)).toBe(true);
  });
});

/** Whether liveness answers within the time a probe gives it. */
async function probe(withinMs: number): Promise<boolean> {
  try {
    return (await fetch(`${server.url}/health`, { signal: AbortSignal.timeout(withinMs) })).ok;
  } catch {
    return false;
  }
}
