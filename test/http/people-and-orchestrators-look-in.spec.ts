/** The ordinary controllers: health, readiness, and the page that tells a person how to connect. */
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Readiness } from '../../src/observability/readiness.js';
import { startGatehouse } from '../support/gatehouse.js';

let gatehouse: Gatehouse;

beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { serverTitle: '<b>Tools & "friends"</b>' } });
});
afterAll(() => gatehouse.close());

const get = (path: string): supertest.Test => supertest(gatehouse.url).get(path);

describe('GET /health (R242)', () => {
  it('says that the process lives, as the brief spells it (R242)', async () => {
    const { status, headers, body } = await get('/health');
    expect({ status, body }).toEqual({ status: 200, body: { status: 'ok', transport: 'sse' } });
    expect(headers).toMatchObject({ 'content-type': expect.stringMatching(/json/), 'cache-control': 'no-store' });
  });

  it('says nothing of versions or of the software (G8, G9)', async () => {
    const { text, headers } = await get('/health');
    expect(text).not.toMatch(/version|node|gatehouse/i);
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
  });

  it('answers HEAD, as probes ask', async () => {
    expect((await supertest(gatehouse.url).head('/health')).status).toBe(200);
  });
});

describe('GET /ready', () => {
  it('says whether the process wants traffic', async () => {
    const { status, headers, body } = await get('/ready');
    expect({ status, body, cache: headers['cache-control'] }).toEqual({ status: 200, body: { status: 'ready' }, cache: 'no-store' });
  });

  it('says 503 with Retry-After while it starts and while it ends', async () => {
    const other = await startGatehouse();
    other.app.get(Readiness).drain();
    const { status, headers, body } = await supertest(other.url).get('/ready');
    expect([status, body]).toEqual([503, { status: 'draining' }]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await other.close();
  });
});

describe('GET /favicon.ico', () => {
  it('is a picture for the tab of the browser, which the pages let in', async () => {
    const { headers, body } = await get('/favicon.ico').expect(200);
    expect(headers).toMatchObject({ 'content-type': 'image/svg+xml; charset=utf-8', 'cache-control': 'public, max-age=86400' });
    expect(String(body)).toMatch(/^<svg /);
    expect((await get('/')).headers['content-security-policy']).toContain("img-src 'self'");
  });
});

describe('GET /', () => {
  it('shows a person the addresses and the tools', async () => {
    const { text } = await get('/').expect(200).expect('Content-Type', 'text/html; charset=utf-8');
    const base = gatehouse.url;
    for (const shown of [`${base}/mcp`, `${base}/sse`, 'claude mcp add', 'curl', 'server_time', 'data_transform']) expect(text).toContain(shown);
  });

  it('shows the address that the person used', async () => {
    const { text } = await get('/').set('Host', `localhost:${new URL(gatehouse.url).port}`);
    expect(text).toContain(`http://localhost:${new URL(gatehouse.url).port}/mcp`);
  });

  it('runs no script, loads nothing and cannot be framed (G9)', async () => {
    const { text, headers } = await get('/');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(text).not.toMatch(/<script|<img|<link|src=|@import|url\(/i);
  });

  it('escapes what it shows', async () => {
    const { text } = await get('/');
    expect(text).toContain('&lt;b&gt;Tools &amp; &quot;friends&quot;&lt;/b&gt;');
    expect(text).not.toContain('<b>Tools');
  });
});

describe('anything else', () => {
  it.each(['/admin', '/metrics/x', '/.env', '/.git/config', '/index.html'])('is 404 in JSON: %s', async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers['content-type']]).toEqual([404, expect.stringMatching(/json/)]);
  });
});
