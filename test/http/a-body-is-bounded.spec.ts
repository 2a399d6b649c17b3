/** What may be in a body is settled before it is read: its size, its type, its coding (rows A1, A2, A3, A10, A11). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { accepted, McpSession, perRequest, rpc, send } from '../support/http-mcp.js';
import { head, headerOf, RawConnection } from '../support/http-raw.js';

let gatehouse: Gatehouse;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const LINES = ['Host: localhost', 'Accept: application/json, text/event-stream', 'Content-Type: application/json'];

beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());

const post = (path: string, ...lines: string[]): string => head([`POST ${path} HTTP/1.1`, ...LINES, ...lines]);
const chunk = (bytes: number): string => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;

describe('a body that is too large is refused before it is read (A1, A2)', () => {
  it('answers 413 to an announced GiB of which nothing was sent, and closes (A1)', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const response = await line.write(post('/mcp', `Content-Length: ${GIB}`)).response();
    expect(response.status).toBe(413);
    expect(headerOf(response, 'connection')).toBe('close');
    expect(rpc(response).error?.code).toBe(1413);
    await line.closed();
  });

  it('refuses an announced GiB without asking the client to go on (A1)', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const response = await line.write(post('/mcp', `Content-Length: ${GIB}`, 'Expect: 100-continue')).response();
    expect(response.status).toBe(413);
    await line.closed();
  });

  it('does ask a client to go on whose body may come', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const { headers, json } = perRequest(1, 'tools/list');
    const body = JSON.stringify(json);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
    line.write(head(['POST /mcp HTTP/1.1', 'Host: localhost', ...lines, `Content-Length: ${Buffer.byteLength(body)}`, 'Expect: 100-continue']));
    expect((await line.response()).status).toBe(100);
    expect((await line.write(body).response()).status).toBe(200);
    line.destroy();
  });

  it('answers 413 to a chunked body that never ends, at the limit, and closes (A2)', async () => {
    const line = await RawConnection.open(gatehouse.url);
    line.write(post('/mcp', 'Transfer-Encoding: chunked'));
    for (let sent = 0; sent <= MIB; sent += 65_536) line.write(chunk(65_536));
    expect((await line.response()).status).toBe(413);
    await line.closed();
  });

  it('holds the messages door to the same bound (A1, A2, R263)', async () => {
    const stream = await openSse();
    const announced = await RawConnection.open(gatehouse.url);
    expect((await announced.write(post(stream.path, `Content-Length: ${GIB}`)).response()).status).toBe(413);
    await announced.closed();
    const endless = await RawConnection.open(gatehouse.url);
    endless.write(post(stream.path, 'Transfer-Encoding: chunked'));
    for (let sent = 0; sent <= MIB; sent += 65_536) endless.write(chunk(65_536));
    expect((await endless.response()).status).toBe(413);
    await endless.closed();
    stream.close();
  });

  it('takes a body of exactly the limit and refuses one byte more', async () => {
    const session = await McpSession.open(gatehouse.url);
    const message = (bytes: number): string => {
      const bare = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { pad: '' } });
      return bare.replace('""', `"${'x'.repeat(bytes - bare.length)}"`);
    };
    const exact = await send(session.url, { headers: session.headers, body: message(MIB) });
    const more = await send(session.url, { headers: session.headers, body: message(MIB + 1) });
    expect([exact.status, more.status]).toEqual([200, 413]);
  });
});

describe('a body of another type or coding is refused and runs nothing (A3, A10, A11)', () => {
  const { headers, json } = perRequest(1, 'tools/call', { name: 'note', arguments: {} });
  const body = JSON.stringify(json);

  async function refused(changed: Record<string, string | undefined>, sent: string | Buffer = body): Promise<number> {
    const before = gatehouse.app.get(Ledger).rows.length;
    const merged = Object.entries({ ...headers, ...changed }).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const { status, text } = await send(`${gatehouse.url}/mcp`, { headers: Object.fromEntries(merged), body: sent });
    expect(rpc({ text }).error?.code).toBeGreaterThan(1000);
    expect(gatehouse.app.get(Ledger).rows).toHaveLength(before);
    return status;
  }

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json', 'application/json-patch+json', 'application/jsonx', 'application/json; charset=utf-16'])('answers 415 to Content-Type %s (A10)', async (type) => {
    expect(await refused({ 'content-type': type })).toBe(415);
  });

  it('answers 415 where Content-Type is missing (A10)', async () => {
    expect(await refused({ 'content-type': undefined })).toBe(415);
  });

  it.each(['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'x-unknown'])('answers 415 to Content-Encoding %s and inflates nothing (A3)', async (coding) => {
    expect(await refused({ 'content-encoding': coding }, gzipSync(body))).toBe(415);
  });

  it.each(['application/json', 'text/event-stream', 'text/html', ''])('answers 406 to Accept "%s" (A11)', async (accept) => {
    expect(await refused({ accept })).toBe(406);
  });

  it.each(['*/*', 'application/*, text/*', 'text/event-stream;q=0.5, application/json', 'application/json,text/event-stream, */*;q=0.1'])('serves Accept "%s"', async (accept) => {
    const reply = await send(`${gatehouse.url}/mcp`, { headers: { ...headers, accept }, body });
    expect(reply.status).toBe(200);
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset="UTF-8"'])('serves Content-Type %s', async (type) => {
    const reply = await send(`${gatehouse.url}/mcp`, { headers: { ...headers, 'content-type': type }, body });
    expect(reply.status).toBe(200);
  });

  it('answers 406 to a GET that does not want a stream (A11)', async () => {
    const session = await McpSession.open(gatehouse.url);
    const reply = await send(session.url, { method: 'GET', headers: { ...session.headers, accept: 'application/json' } });
    expect(reply.status).toBe(406);
  });

  it('holds the messages door to the same types (A3, A10)', async () => {
    const stream = await openSse();
    const replies = await Promise.all([{ 'content-type': 'text/plain' }, { 'content-type': 'application/x-www-form-urlencoded' }, { ...accepted, 'content-encoding': 'gzip' }]
      .map((changed) => send(`${gatehouse.url}${stream.path}`, { headers: changed, body: '{"jsonrpc":"2.0","method":"x"}' })));
    expect(replies.map(({ status }) => status)).toEqual([415, 415, 415]);
    stream.close();
  });
});

async function openSse(): Promise<{ path: string; close(): void }> {
  const { EventStream } = await import('../support/http-event-stream.js');
  const stream = await EventStream.open(`${gatehouse.url}/sse`);
  const { data = '' } = await stream.frame('the endpoint', ({ event }) => event === 'endpoint');
  return { path: data, close: () => stream.close() };
}
