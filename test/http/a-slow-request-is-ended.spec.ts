/** Headers and bodies have deadlines, so that slow senders hold nothing for long (rows A13, A14). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { McpSession, rpc, send } from '../support/http-mcp.js';
import { head, headerOf, RawConnection } from '../support/http-raw.js';

let gatehouse: Gatehouse;
const JSON_LINES = ['Host: localhost', 'Accept: application/json, text/event-stream', 'Content-Type: application/json'];

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { headersTimeoutMs: 300, requestTimeoutMs: 600, heartbeatMs: 100 } });
});
afterAll(() => gatehouse.close());

describe('a request that does not arrive in time is answered 408 and cut (A13, A14)', () => {
  it('ends a body that stops half way (A13)', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const response = await line.write(head(['POST /mcp HTTP/1.1', ...JSON_LINES, 'Content-Length: 100'], '{"jsonrpc"')).response();
    expect(response.status).toBe(408);
    expect(headerOf(response, 'connection')).toBe('close');
    await line.closed();
  });

  it('ends a body that trickles, however steadily (A13)', async () => {
    const line = await RawConnection.open(gatehouse.url);
    line.write(head(['POST /mcp HTTP/1.1', ...JSON_LINES, 'Transfer-Encoding: chunked']));
    const trickle = setInterval(() => line.write('1\r\n \r\n'), 50);
    const response = await line.response();
    clearInterval(trickle);
    expect(response.status).toBe(408);
    await line.closed();
  });

  it('ends a body for the messages door as well (A13)', async () => {
    const line = await RawConnection.open(gatehouse.url);
    line.write(head(['POST /messages?sessionId=none HTTP/1.1', ...JSON_LINES, 'Content-Length: 100'], '{'));
    const first = await line.response();
    expect([404, 408]).toContain(first.status);
    await line.closed();
  });

  it('ends headers that stop half way (A14)', async () => {
    const line = await RawConnection.open(gatehouse.url);
    expect((await line.write('POST /mcp HTTP/1.1\r\nHost: localhost\r\n').response()).status).toBe(408);
    await line.closed();
  });

  it('ends headers that trickle, however steadily (A14)', async () => {
    const line = await RawConnection.open(gatehouse.url);
    line.write('GET /health HTTP/1.1\r\nHost: localhost\r\n');
    const trickle = setInterval(() => line.write('X-More: 1\r\n'), 50);
    const response = await line.response();
    clearInterval(trickle);
    expect(response.status).toBe(408);
    await line.closed();
  });

  it('says in JSON why', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const response = await line.write(head(['POST /mcp HTTP/1.1', ...JSON_LINES, 'Content-Length: 100'], '{')).response();
    expect(headerOf(response, 'content-type')).toMatch(/^application\/json/);
    expect(rpc(response).error).toMatchObject({ code: 1408 });
  });

  it('goes on serving others meanwhile', async () => {
    const slow = await Promise.all(Array.from({ length: 50 }, () => RawConnection.open(gatehouse.url)));
    for (const line of slow) line.write(head(['POST /mcp HTTP/1.1', ...JSON_LINES, 'Content-Length: 100'], '{'));
    expect((await send(`${gatehouse.url}/health`, { method: 'GET' })).status).toBe(200);
    await Promise.all(slow.map((line) => line.closed()));
  });

  it('leaves an open stream alone, which is no slow request (R274)', async () => {
    const session = await McpSession.open(gatehouse.url);
    const stream = await session.listen();
    const beats = (): number => stream.frames.filter(({ comments }) => comments.includes('heartbeat')).length;
    await stream.frame('twenty heartbeats, long past both deadlines', () => beats() >= 20);
    expect(stream.isEnded).toBe(false);
    stream.close();
  });
});
