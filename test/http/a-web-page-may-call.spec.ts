/** CORS: a page of an allowed origin is told exactly that, any other is told nothing (row G2, rulings "CORS"). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { EventStream } from '../support/http-event-stream.js';
import { initialize, send, type Reply } from '../support/http-mcp.js';

const PAGE = 'https://app.example.com';
let gatehouse: Gatehouse;

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { allowedOrigins: [PAGE] } });
});
afterAll(() => gatehouse.close());

function preflight(path: string, origin: string, asked = 'content-type'): Promise<Reply> {
  const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': asked };
  return send(`${gatehouse.url}${path}`, { method: 'OPTIONS', headers });
}

const words = (header: string | undefined): string[] => (header ?? '').toLowerCase().split(',').map((word) => word.trim());

describe('a page of an allowed origin is answered with its own origin (G2, R48, R49)', () => {
  it('echoes the origin exactly, varies by it and never says * (R48)', async () => {
    const { status, headers } = await initialize(gatehouse.url, '2025-11-25', { origin: PAGE });
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBe(PAGE);
    expect(words(headers.vary)).toContain('origin');
  });

  it('allows credentials, which only an exact origin may have (R48, R49)', async () => {
    const { headers } = await initialize(gatehouse.url, '2025-11-25', { origin: PAGE });
    expect(headers['access-control-allow-credentials']).toBe('true');
  });

  it('lets the page read the headers it needs (R202, R268)', async () => {
    const { headers } = await initialize(gatehouse.url, '2025-11-25', { origin: PAGE });
    expect(words(headers['access-control-expose-headers'])).toEqual(expect.arrayContaining(['mcp-session-id', 'www-authenticate', 'mcp-protocol-version']));
  });

  it('says so on refusals too, so that the page can read them', async () => {
    const { status, headers } = await send(`${gatehouse.url}/mcp`, { headers: { origin: PAGE, 'content-type': 'text/plain' }, body: 'x' });
    expect(status).toBe(415);
    expect(headers['access-control-allow-origin']).toBe(PAGE);
  });

  it('says so on the stream of HTTP+SSE and its messages (R49, R265)', async () => {
    const stream = await EventStream.open(`${gatehouse.url}/sse`, { headers: { origin: PAGE } });
    const message = await send(`${gatehouse.url}/messages`, { headers: { origin: PAGE } });
    expect(stream.headers['access-control-allow-origin']).toBe(PAGE);
    expect(message.headers['access-control-allow-origin']).toBe(PAGE);
    stream.close();
  });

  it('says nothing to a request without an Origin', async () => {
    const { headers } = await initialize(gatehouse.url);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('a preflight is answered without a body (R50, R51, R52)', () => {
  it.each(['/mcp', '/sse', '/messages'])('answers 204 on %s with methods, headers and how long that holds (R52, R266, R267, R269)', async (path) => {
    const { status, headers, text } = await preflight(path, PAGE, 'authorization, content-type, x-api-key');
    expect(status).toBe(204);
    expect(text).toBe('');
    expect(headers['access-control-allow-origin']).toBe(PAGE);
    expect(words(headers['access-control-allow-methods'])).toEqual(expect.arrayContaining(['get', 'post', 'options']));
    expect(words(headers['access-control-allow-headers'])).toEqual(expect.arrayContaining(['authorization', 'content-type', 'x-api-key']));
    expect(headers['access-control-max-age']).toBe('86400');
    expect(words(headers.vary)).toContain('origin');
  });

  it('allows the headers of the protocol, parameters that travel as headers included (R203)', async () => {
    const asked = 'content-type, mcp-session-id, mcp-protocol-version, last-event-id, mcp-method, mcp-name, mcp-param-region, Mcp-Param-User-Id';
    const { headers } = await preflight('/mcp', PAGE, asked);
    expect(words(headers['access-control-allow-headers'])).toEqual(expect.arrayContaining(words(asked)));
  });

  it('does not repeat whatever else was asked for', async () => {
    const { headers } = await preflight('/mcp', PAGE, 'mcp-param-, x-evil, mcp-param-a\tb, cookie');
    expect(headers['access-control-allow-headers']).not.toMatch(/evil|cookie|mcp-param-/i);
  });

  it('answers a plain OPTIONS too, since Allow names it (R52)', async () => {
    const { status, text } = await send(`${gatehouse.url}/mcp`, { method: 'OPTIONS' });
    expect([status, text]).toEqual([204, '']);
  });
});

describe('a page of any other origin is told nothing (G2)', () => {
  it.each(['https://evil.example', 'null', 'https://app.example.com.evil'])('refuses the preflight of %s without CORS headers', async (origin) => {
    const { status, headers } = await preflight('/mcp', origin);
    expect(status).toBe(403);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});
