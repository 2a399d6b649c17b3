/** A request that never became whole is none: nothing of it runs and nothing of it stays (row A12). */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Log } from '../../src/observability/log.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { EventStream } from '../support/http-event-stream.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { perRequest, send } from '../support/http-mcp.js';
import { head, RawConnection } from '../support/http-raw.js';

let gatehouse: Gatehouse;
const { headers, json } = perRequest(1, 'tools/call', { name: 'note', arguments: { text: 'half' } });
const body = JSON.stringify(json);
const lines = ['Host: localhost', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];

beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());

function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    gatehouse.app.getHttpServer().getConnections((error: Error | null, count: number) => (error ? reject(error) : resolve(count)));
  });
}

describe('a client that leaves mid-body has asked for nothing (A12)', () => {
  it.each([
    ['with a length', head(['POST /mcp HTTP/1.1', ...lines, `Content-Length: ${body.length + 1}`], body)],
    ['in chunks', head(['POST /mcp HTTP/1.1', ...lines, 'Transfer-Encoding: chunked'], `${body.length.toString(16)}\r\n${body}\r\n`)],
    ['before the first byte', head(['POST /mcp HTTP/1.1', ...lines, `Content-Length: ${body.length}`])],
    ['inside the headers', `POST /mcp HTTP/1.1\r\n${lines.join('\r\n')}\r\n`],
  ])('dispatches nothing of a body %s, logs no error and keeps no connection', async (_what, bytes) => {
    const errors = vi.spyOn(gatehouse.app.get(Log), 'error');
    const left = await Promise.all(Array.from({ length: 20 }, () => RawConnection.open(gatehouse.url)));
    for (const line of left) line.write(bytes);
    await until('the server has seen them all', async () => await connections() >= 20);
    for (const line of left) line.destroy();
    await until('every connection is gone', async () => await connections() === 0);
    expect(gatehouse.app.get(Ledger).rows).toEqual([]);
    expect(errors).not.toHaveBeenCalled();
    expect((await send(`${gatehouse.url}/health`, { method: 'GET' })).status).toBe(200);
  });

  it('holds for the messages door too', async () => {
    const stream = await EventStream.open(`${gatehouse.url}/sse`);
    const { data = '' } = await stream.frame('the endpoint', ({ event }) => event === 'endpoint');
    const call = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"note","arguments":{}}}';
    const line = await RawConnection.open(gatehouse.url);
    line.write(head([`POST ${data} HTTP/1.1`, ...lines, `Content-Length: ${call.length + 1}`], call));
    await until('the server has seen both', async () => await connections() === 2);
    line.destroy();
    await until('the half request is gone', async () => await connections() === 1);
    expect(gatehouse.app.get(Ledger).rows).toEqual([]);
    stream.close();
  });
});
