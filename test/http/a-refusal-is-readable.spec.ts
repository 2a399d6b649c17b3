/** Every refusal has a status, a JSON body and a sentence, and none gives anything of the inside away (R222, R277, G7, G9). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { accepted, perRequest } from '../support/http-mcp.js';
import { exchange, head, headerOf } from '../support/http-raw.js';

let gatehouse: Gatehouse;
const open = Object.entries(accepted).map(([name, value]) => `${name}: ${value}`);
const stateless = Object.entries(perRequest(1, 'tools/list').headers).map(([name, value]) => `${name}: ${value}`);

beforeAll(async () => {
  gatehouse = await startGatehouse();
});
afterAll(() => gatehouse.close());

function post(path: string, lines: readonly string[], body = ''): string {
  return head([`POST ${path} HTTP/1.1`, 'Host: localhost', ...lines, `Content-Length: ${Buffer.byteLength(body)}`], body);
}

const refusals: [string, number, string][] = [
  ['a foreign Host', 403, head(['GET /mcp HTTP/1.1', 'Host: evil.example'])],
  ['a foreign Origin', 403, head(['GET /mcp HTTP/1.1', 'Host: localhost', 'Origin: https://evil.example'])],
  ['two Host headers', 400, head(['GET /mcp HTTP/1.1', 'Host: localhost', 'Host: localhost'])],
  ['an unknown address', 404, head(['GET /secret/etc/passwd HTTP/1.1', 'Host: localhost'])],
  ['an unknown address with odd escapes', 400, head(['GET /messages/%ZZ HTTP/1.1', 'Host: localhost']).replace('GET', 'POST')],
  ['a wrong method', 405, head(['PUT /mcp HTTP/1.1', 'Host: localhost', 'Content-Length: 0'])],
  ['a wrong method on the stream', 405, head(['POST /sse HTTP/1.1', 'Host: localhost', 'Content-Length: 0'])],
  ['CONNECT', 405, head(['CONNECT localhost:1 HTTP/1.1', 'Host: localhost'])],
  ['a wrong Accept', 406, post('/mcp', ['Content-Type: application/json', 'Accept: text/html'], '{}')],
  ['a wrong type', 415, post('/mcp', ['Content-Type: text/plain'], '{}')],
  ['a wrong coding', 415, post('/mcp', [...open, 'Content-Encoding: gzip'], '{}')],
  ['an announced GiB', 413, head(['POST /mcp HTTP/1.1', 'Host: localhost', ...open, 'Content-Length: 1073741824'])],
  ['no JSON', 400, post('/mcp', open, '{"jsonrpc":')],
  ['an empty body', 400, post('/mcp', open)],
  ['no UTF-8', 400, post('/mcp', open, '').replace('Content-Length: 0', 'Content-Length: 2') + '\u00ff\u00fe'],
  ['no message', 400, post('/mcp', open, '42')],
  ['no session', 400, post('/mcp', open, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}')],
  ['an unknown session', 404, post('/mcp', [...open, 'Mcp-Session-Id: nobody'], '{"jsonrpc":"2.0","id":1,"method":"tools/list"}')],
  ['an unknown session on the messages door', 404, post('/messages?sessionId=nobody', open, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}')],
  ['no session on the messages door', 400, post('/messages', open, '{}')],
  ['an incomplete _meta', 400, post('/mcp', stateless, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}')],
  ['a malformed request', 400, head(['GET /mcp HTTP/1.1', 'Host: localhost', 'no colon'])],
  ['too large a header block', 431, head(['GET /mcp HTTP/1.1', 'Host: localhost', `X-Long: ${'x'.repeat(20_000)}`])],
  ['an unknown expectation', 417, head(['POST /mcp HTTP/1.1', 'Host: localhost', 'Expect: the-unexpected', 'Content-Length: 0'])],
];

describe('a refusal says in JSON what is wrong (R222, G7)', () => {
  it.each(refusals)('of %s has status %i and a body with a sentence', async (_what, status, bytes) => {
    const response = await exchange(gatehouse.url, bytes);
    expect(response.status).toBe(status);
    expect(headerOf(response, 'content-type')).toMatch(/^application\/json/);
    const body: { message?: string; error?: { code?: number; message?: string } } = JSON.parse(response.body);
    expect(body.error?.message ?? body.message).toMatch(/\w{3}/);
  });

  it.each(refusals)('of %s gives nothing of the inside away', async (_what, _status, bytes) => {
    const response = await exchange(gatehouse.url, bytes);
    const everything = JSON.stringify([...response.headers]) + response.body;
    expect(everything).not.toMatch(/node_modules|\.[jt]s:\d|\bat \w+ ?\(|stack|SyntaxError|express|nest|127\.0\.0\.1:\d/i);
  });

  it.each(refusals)('of %s is not to be cached or sniffed (G9)', async (_what, _status, bytes) => {
    const response = await exchange(gatehouse.url, bytes);
    expect(headerOf(response, 'x-content-type-options')).toBe('nosniff');
    expect(headerOf(response, 'cache-control')).toContain('no-store');
  });
});
