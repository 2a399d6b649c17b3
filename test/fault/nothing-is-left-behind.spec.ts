/** What was opened and closed leaves nothing: memory, descriptors, timers, sessions and readers are back where they were (P4). */
import { describe, expect, it } from 'vitest';
import { until } from '../support/http-deadline.js';
import { McpSession, streamPerRequest } from '../support/http-mcp.js';
import { SseClient } from '../support/http-sse.js';
import { LedgerServer, type Gauges } from '../support/ledger-server.js';
import { many } from '../support/many.js';

const ROUNDS = 1000;
// A session with its stream costs more than a hundred kilobytes of garbage; what stays of it must be next to nothing.
const LEAST_LEAK_BYTES = 4 * ROUNDS * 1024;

/** Opens, uses and leaves one of each kind in turn, by the client or by the cable. */
async function passBy(url: string, index: number): Promise<void> {
  switch (index % 5) {
    case 0: {
      const session = await McpSession.open(url);
      const stream = await session.listen();
      await session.end();
      return stream.ended();
    }
    case 1: {
      const session = await McpSession.open(url);
      const call = await session.streamTool(1, 'walk', { key: 'passing', count: 3 });
      await call.answer(1);
      await session.end();
      return;
    }
    case 2: {
      const session = await McpSession.open(url);
      const call = await session.streamTool(1, 'hold', { key: `passing-${index}` });
      call.close();
      await session.end();
      return;
    }
    case 3: {
      const stream = await streamPerRequest(url, 1, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
      await stream.message('the acknowledgement', () => true);
      return stream.close();
    }
    default: {
      const client = await SseClient.connect(url);
      await client.call(1, 'tools/call', { name: 'note', arguments: { text: 'passing' } });
      client.close();
    }
  }
}

async function atRest(server: LedgerServer): Promise<Gauges> {
  await until('nobody is there any more', async () => {
    const { sockets, sessions } = await server.gauges();
    return sockets === 0 && sessions === 0;
  });
  return server.gauges();
}

describe('a thousand sessions and streams that came and went', () => {
  it('leave memory, descriptors, timers and readers as they were', async () => {
    const server = await LedgerServer.forTest({ LOG_LEVEL: 'warn' });
    await many(ROUNDS / 5, (index) => passBy(server.url, index));
    const before = await atRest(server);
    await many(ROUNDS, (index) => passBy(server.url, index));
    const after = await atRest(server);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.timers).toBeLessThanOrEqual(before.timers + 1);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(LEAST_LEAK_BYTES);
    const kept = Object.entries(await server.objects('ServerResponse', 'StreamTail', 'Traffic', 'Cancellation')).filter(([, count]) => count >= 10);
    expect(kept).toEqual([]);
  }, 120_000);
});
