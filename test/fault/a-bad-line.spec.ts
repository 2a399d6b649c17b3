/** Lines that garble, dawdle, or close one way only: the server answers or lets go, and goes on (P1, P2, P4). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy } from '../support/fault-proxy.js';
import { until } from '../support/http-deadline.js';
import { McpSession, perRequest, send } from '../support/http-mcp.js';
import { head, RawConnection } from '../support/http-raw.js';
import { SseClient } from '../support/http-sse.js';
import { LedgerServer } from '../support/ledger-server.js';
import { many } from '../support/many.js';
import { seeded } from '../support/seeded.js';

let server: LedgerServer;
const dice = seeded();

beforeAll(async () => {
  server = await LedgerServer.start();
});
afterAll(() => server.process.kill());

/** The bytes of a POST to /mcp. */
function bytesOf(headers: Record<string, string>, json: unknown): string {
  const body = JSON.stringify(json);
  return head(['POST /mcp HTTP/1.1', 'Host: localhost', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), `Content-Length: ${Buffer.byteLength(body)}`], body);
}

describe(`a line that garbles one byte (seed ${dice.seed})`, () => {
  it('has an answer, a refusal or an end, never a failure of the server, whichever byte it is', async () => {
    const { headers, json } = perRequest(1, 'tools/call', { name: 'note', arguments: { text: 'garbled' } });
    const bytes = bytesOf(headers, json);
    const statuses = await many(200, async () => {
      const proxy = await FaultProxy.start(server.url, () => ({ toServer: { kind: 'flip', at: dice.below(bytes.length) } }));
      const line = (await RawConnection.open(proxy.url)).write(bytes);
      await until('there is an answer or an end', () => line.isClosed || line.unread.includes('\r\n\r\n'));
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line.unread)?.[1] ?? 0);
      line.destroy();
      await proxy.close();
      return status;
    });
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    expect(new Set(statuses)).toContain(400);
    expect(server.process.errors).not.toMatch(/"event":"(?:exchange|sse)\.failed"/);
    const reply = await send(`${server.url}/mcp`, { headers, json });
    expect(reply.status).toBe(200);
  }, 60_000);
});

describe('a line that dawdles', () => {
  it('carries a whole conversation on every door, only later', async () => {
    const proxy = await FaultProxy.forTest(server.url, () => ({ toServer: { kind: 'delay', ms: 50 }, toClient: { kind: 'delay', ms: 50 } }));
    const session = await McpSession.open(proxy.url);
    const [streamed, old] = [await session.streamTool(1, 'walk', { key: 'late', count: 5 }), await SseClient.connect(proxy.url)];
    expect((await streamed.answer(1)).result).toMatchObject({ content: [{ text: 'late walked 5' }] });
    expect((await old.call(2, 'tools/call', { name: 'note', arguments: { text: 'late' } })).result).toMatchObject({ content: [{ text: 'noted late' }] });
    old.close();
  });
});

describe('a client that closes its side behind the request', () => {
  const call = (key: string): { name: string; arguments: object; _meta: object } => ({ name: 'hold', arguments: { key }, _meta: { progressToken: 1 } });

  /** Sends a request through a line that then ends towards the server, and only that way. */
  async function halfClosed(bytes: string): Promise<void> {
    const proxy = await FaultProxy.forTest(server.url, () => ({ toServer: { kind: 'half-close', after: Buffer.byteLength(bytes) } }));
    (await RawConnection.open(proxy.url)).write(bytes);
  }

  it('has left: under 2026-07-28 its call is cancelled (P2)', async () => {
    const { headers, json } = perRequest(1, 'tools/call', call('half 2026'));
    await halfClosed(bytesOf(headers, json));
    await until('it was cancelled', async () => (await server.rows()).includes('cancelled:half 2026'));
    expect((await server.rows()).filter((row) => row.endsWith('half 2026'))).toEqual(['held:half 2026', 'cancelled:half 2026']);
  });

  it('has left: in a session its call goes on (P2)', async () => {
    const session = await McpSession.open(server.url);
    await halfClosed(bytesOf(session.headers, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: call('half 2025') }));
    await until('it runs', async () => (await server.rows()).includes('held:half 2025'));
    await until('its line is gone', async () => (await server.gauges()).sockets === 0);
    await server.release();
    await until('it has ended', async () => (await server.rows()).includes('released:half 2025'));
    expect((await server.rows()).filter((row) => row.endsWith('half 2025'))).toEqual(['held:half 2025', 'released:half 2025']);
  });
});
