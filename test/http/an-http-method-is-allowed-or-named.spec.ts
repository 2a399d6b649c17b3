/** Methods that a path does not serve are answered 405 with the ones it does (row A23). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { McpSession, perRequest, send } from '../support/http-mcp.js';
import { exchange, head, headerOf, RawConnection } from '../support/http-raw.js';

let gatehouse: Gatehouse;

beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());

const methodsOf = (allow: string | undefined): string[] => (allow ?? '').split(',').map((method) => method.trim());

describe('a method that a path does not serve is answered 405 with Allow (A23)', () => {
  it.each(['PUT', 'PATCH', 'TRACE', 'PROPFIND', 'SEARCH', 'LOCK'])('refuses %s on the Streamable HTTP door', async (method) => {
    const response = await exchange(gatehouse.url, head([`${method} /mcp HTTP/1.1`, 'Host: localhost', 'Content-Length: 0']));
    expect(response.status).toBe(405);
    expect(methodsOf(headerOf(response, 'allow'))).toEqual(expect.arrayContaining(['GET', 'POST', 'DELETE']));
  });

  it('refuses HEAD without a body and without opening a stream', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const response = await line.write(head(['HEAD /mcp HTTP/1.1', 'Host: localhost', 'Accept: text/event-stream'])).response({ toHead: true });
    expect(response.status).toBe(405);
    expect(methodsOf(headerOf(response, 'allow'))).toContain('GET');
    line.destroy();
  });

  it('refuses CONNECT and closes, whatever host it names', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const response = await line.write(head(['CONNECT evil.example:443 HTTP/1.1', 'Host: evil.example:443'])).response();
    expect(response.status).toBe(405);
    expect(methodsOf(headerOf(response, 'allow'))).toContain('POST');
    await line.closed();
  });

  it('does not upgrade a connection', async () => {
    const response = await exchange(gatehouse.url, head(['GET /health HTTP/1.1', 'Host: localhost', 'Connection: Upgrade', 'Upgrade: websocket']));
    expect(response.status).toBe(200);
  });

  it.each([['/sse', 'POST', 'GET'], ['/sse', 'PUT', 'GET'], ['/sse', 'DELETE', 'GET'], ['/messages', 'GET', 'POST'], ['/messages/abc', 'PUT', 'POST'], ['/messages', 'DELETE', 'POST']])('answers 405 on %s to %s and allows %s (R240)', async (path, method, allowed) => {
    const { status, headers } = await send(`${gatehouse.url}${path}`, { method });
    expect(status).toBe(405);
    expect(methodsOf(headers.allow)).toContain(allowed);
  });

  it('ignores headers and parameters that would override the method', async () => {
    const { headers, json } = perRequest(1, 'tools/list');
    const overridden = { ...headers, 'x-http-method-override': 'DELETE', 'x-http-method': 'DELETE', 'x-method-override': 'DELETE' };
    const { status } = await send(`${gatehouse.url}/mcp?_method=DELETE`, { headers: overridden, json });
    expect(status).toBe(200);
  });

  it('serves neither GET nor DELETE to revision 2026-07-28, which has none', async () => {
    const headers = { accept: 'text/event-stream', 'mcp-protocol-version': '2026-07-28' };
    const replies = await Promise.all(['GET', 'DELETE'].map((method) => send(`${gatehouse.url}/mcp`, { method, headers })));
    expect(replies.map(({ status }) => status)).toEqual([405, 405]);
  });
});

describe('an address that is not served is 404, and none leads around a guard (G5)', () => {
  it.each(['/nothing', '//mcp', '/mcp/more', '/mcp/..', '/MCP', '/mc%70', '/sse/more', '/SSE', '/%73se', '/mcp%2f', '/..;/mcp'])('answers 404 to GET %s with a JSON body', async (path) => {
    const response = await exchange(gatehouse.url, head([`GET ${path} HTTP/1.1`, 'Host: localhost', 'Accept: text/event-stream']));
    expect(response.status).toBe(404);
    expect(JSON.parse(response.body)).toBeTypeOf('object');
  });

  it('runs nothing through a twisted address', async () => {
    const { headers, json } = perRequest(1, 'tools/call', { name: 'note', arguments: {} });
    const body = JSON.stringify(json);
    const lines = ['Host: localhost', `Content-Length: ${Buffer.byteLength(body)}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
    const twisted = ['//mcp', '/MCP', '/mcp/../mcp', '/x/..;/mcp', '/mc%70', '/mcp%00', '/messages/a/b'];
    const responses = await Promise.all(twisted.map((path) => exchange(gatehouse.url, head([`POST ${path} HTTP/1.1`, ...lines], body))));
    expect(responses.map(({ status }) => status)).toEqual(twisted.map(() => 404));
    expect(gatehouse.app.get(Ledger).rows).toEqual([]);
  });

  it('serves POST, GET and DELETE on one path (R187)', async () => {
    const session = await McpSession.open(gatehouse.url);
    const stream = await session.listen();
    const [ping, end] = [await session.call(1, 'ping'), await session.end()];
    expect([stream.status, ping.status, end.status]).toEqual([200, 200, 204]);
  });
});
