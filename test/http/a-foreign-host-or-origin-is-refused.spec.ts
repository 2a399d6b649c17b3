/** The edge looks at Host, Origin and the target before anything else does (rows G1, A16, A17). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { perRequest, rpc, send } from '../support/http-mcp.js';
import { exchange, head, type RawResponse } from '../support/http-raw.js';

let gatehouse: Gatehouse;
let port: string;

beforeAll(async () => {
  const settings = { allowedHosts: ['tools.example.com', 'ported.example.com:8443'], allowedOrigins: ['https://app.example.com'] };
  gatehouse = await startGatehouse({ settings, modules: [LedgerModule] });
  ({ port } = new URL(gatehouse.url));
});
afterAll(() => gatehouse.close());

/** A call of the ledger that would succeed, with these header lines instead of its Host. */
function call(lines: readonly string[], target = '/mcp'): Promise<RawResponse> {
  const { headers, json } = perRequest(1, 'tools/call', { name: 'note', arguments: { text: 'edge' } });
  const body = JSON.stringify(json);
  const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return exchange(gatehouse.url, head([`POST ${target} HTTP/1.1`, ...lines, ...own, `Content-Length: ${Buffer.byteLength(body)}`], body));
}

const ledger = (): string[] => gatehouse.app.get(Ledger).rows;

describe('a foreign Host is refused before anything runs (G1, R191, R228)', () => {
  it.each(['evil.example', 'localhost.evil', 'evil.localhost', '127.0.0.1.nip.io', 'ported.example.com', 'ported.example.com:8080'])('answers 403 to Host %s', async (host) => {
    const before = ledger().length;
    const response = await call([`Host: ${host}`]);
    expect(response.status).toBe(403);
    expect(rpc(response).error).toMatchObject({ code: 1403 });
    expect(ledger()).toHaveLength(before);
  });

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]', 'tools.example.com', 'Tools.Example.Com'])('serves Host %s with any port, and without one (fault 22)', async (host) => {
    const served = await Promise.all([call([`Host: ${host}`]), call([`Host: ${host}:${port}`]), call([`Host: ${host}:9999`])]);
    expect(served.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it('serves a name that is listed with a port on that port alone', async () => {
    expect((await call(['Host: ported.example.com:8443'])).status).toBe(200);
  });

  it('guards every door alike', async () => {
    const targets = ['GET /sse', 'POST /messages', 'POST /messages/abc', 'GET /health', 'GET /', 'GET /mcp', 'DELETE /mcp', 'OPTIONS /mcp'];
    const responses = await Promise.all(targets.map((target) => exchange(gatehouse.url, head([`${target} HTTP/1.1`, 'Host: evil.example', 'Content-Length: 0']))));
    expect(responses.map(({ status }) => status)).toEqual(targets.map(() => 403));
  });
});

describe('a Host or a target that two readers may understand differently is malformed (A16)', () => {
  it.each([
    ['with user-info', ['Host: localhost@evil.example']],
    ['with a password', ['Host: user:secret@localhost']],
    ['with port 0', ['Host: localhost:0']],
    ['with a port that is no number', ['Host: localhost:http']],
    ['with a trailing dot', ['Host: localhost.']],
    ['with a path', ['Host: localhost/mcp']],
    ['that is empty', ['Host: ']],
    ['that comes twice', ['Host: localhost', 'Host: evil.example']],
    ['that comes twice and equal', ['Host: localhost', 'Host: localhost']],
  ])('answers 400 to a Host %s', async (_what, lines) => {
    const before = ledger().length;
    expect((await call(lines)).status).toBe(400);
    expect(ledger()).toHaveLength(before);
  });

  it.each(['http://evil.example/mcp', 'http://localhost/mcp', 'HTTP://localhost/mcp', '*'])('answers 400 to the target %s', async (target) => {
    expect((await call(['Host: localhost'], target)).status).toBe(400);
  });

  it('answers 400 to HTTP/1.0 without a Host, and to HTTP/1.1', async () => {
    const bare = await Promise.all(['1.0', '1.1'].map((version) => exchange(gatehouse.url, head([`GET /health HTTP/${version}`]))));
    expect(bare.map(({ status }) => status)).toEqual([400, 400]);
  });
});

describe('a foreign Origin is refused, not merely left without CORS headers (G1, R228, fault 23)', () => {
  it.each([
    'null', 'https://evil.example', 'https://sub.app.example.com', 'https://app.example.com.evil', 'http://app.example.com',
    'https://app.example.com:444', 'http://localhost.evil', 'http://localhost@evil.example', 'file://localhost', 'localhost', '',
  ])('answers 403 to Origin "%s"', async (origin) => {
    const before = ledger().length;
    const response = await call(['Host: localhost', `Origin: ${origin}`]);
    expect(response.status).toBe(403);
    expect(response.headers.has('access-control-allow-origin')).toBe(false);
    expect(ledger()).toHaveLength(before);
  });

  it('serves a listed origin, any loopback origin while it listens on loopback, and a request without one', async () => {
    const lines = [['Origin: https://app.example.com'], ['Origin: http://localhost:5173'], ['Origin: http://127.0.0.1:8080'], ['Origin: http://[::1]:8080'], []];
    const responses = await Promise.all(lines.map((origin) => call(['Host: localhost', ...origin])));
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  });
});

describe('a header that decides something stands only once (A17)', () => {
  it.each([
    ['Authorization', 'Bearer one', 'Bearer two'],
    ['Mcp-Session-Id', 'one', 'two'],
    ['Origin', 'http://localhost', 'http://localhost'],
    ['MCP-Protocol-Version', '2025-11-25', '2026-07-28'],
    ['Mcp-Method', 'tools/call', 'tools/list'],
    ['Content-Type', 'application/json', 'text/plain'],
    ['Last-Event-ID', 'one', 'two'],
  ])('answers 400 to two %s headers', async (name, one, two) => {
    const request = head(['GET /mcp HTTP/1.1', 'Host: localhost', 'Accept: text/event-stream', `${name}: ${one}`, `${name.toLowerCase()}: ${two}`]);
    const response = await exchange(gatehouse.url, request);
    expect(response.status).toBe(400);
    expect(rpc(response).error?.code).toBe(-32600);
  });

  it('looks at the doors behind Express too', async () => {
    const twice = await send(`${gatehouse.url}/health`, { method: 'GET', headers: { authorization: 'one', origin: ['http://localhost', 'http://localhost'] } });
    expect(twice.status).toBe(400);
  });
});
