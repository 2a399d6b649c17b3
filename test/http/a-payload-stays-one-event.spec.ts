/** Whatever a tool says arrives as one event and unchanged, even where it looks like the framing of a stream (row B11; R72). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { LedgerModule } from '../support/http-ledger.js';
import { McpSession, streamPerRequest, type RpcMessage } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';

let gatehouse: Gatehouse;

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { streamAfterMs: 0 }, modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());

const texts = [
  'a\n\nevent: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n', 'carriage\rreturn\r\nand line feed', 'line \u2028 and paragraph \u2029 separators',
  'data: data: data:', ': a comment', 'id: 5\nretry: 1', '\u0000', '\ufeffmark', '\ud83d\ude80 and a lone \ud800 surrogate', '{"jsonrpc":"2.0"}', 'x'.repeat(100_000),
];

const doors: [string, (text: string) => Promise<{ answer: RpcMessage; others: RpcMessage[] }>][] = [
  ['HTTP+SSE', async (text) => {
    const client = await SseClient.connect(gatehouse.url);
    const answer = await client.call(1, 'tools/call', { name: 'note', arguments: { text } });
    client.close();
    return { answer, others: client.stream.messages.filter(isForged) };
  }],
  ['a session', async (text) => {
    const stream = await (await McpSession.open(gatehouse.url)).streamTool(1, 'said', { text });
    return { answer: await stream.answer(1), others: stream.messages.filter(isForged) };
  }],
  ['2026-07-28', async (text) => {
    const stream = await streamPerRequest(gatehouse.url, 1, 'tools/call', { name: 'said', arguments: { text }, _meta: { progressToken: 1 } });
    return { answer: await stream.answer(1), others: stream.messages.filter(isForged) };
  }],
];

/** Neither the answers that were asked for nor news of the server. */
function isForged({ id, method }: RpcMessage): boolean {
  return method === undefined ? id !== 1 && id !== 'open' : !/^notifications\/(progress|tools\/list_changed)$/.test(method);
}

describe.each(doors)('over %s (B11, R72)', (_door, say) => {
  it.each(texts.map((text) => [JSON.stringify(text.slice(0, 40)), text]))('%s arrives as it was', async (_shown, text) => {
    const { answer, others } = await say(text);
    // JSON carries a lone surrogate only as an escape: what came back is compared as it was written.
    expect(answer.result).toMatchObject({ content: [{ text: `noted ${text}` }] });
    expect(others).toEqual([]);
  });
});
