/** Bodies without end, at every door and on every other route: refused in time, in words that arrive, at no cost (rows A1, A2, A3, A12). */
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/http-deadline.js';
import { ServerProcess } from '../support/http-process.js';
import { send } from '../support/http-mcp.js';
import { head, headerOf, RawConnection } from '../support/http-raw.js';
import { doors, noteCall, postOf, WireServer, type WireDoor } from '../support/wire.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const CHUNK = Buffer.from(`${(65_536).toString(16)}\r\n${'x'.repeat(65_536)}\r\n`);

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start();
});
afterAll(() => server.stop());

describe.each(doors)('at the door of %s', (_name, open) => {
  let door: WireDoor;
  beforeEach(async () => {
    door = await open(server);
  });
  afterEach(async () => {
    door.close();
    await server.unharmed();
  });

  it('an announced GiB of which nothing comes is 413 and the line is closed (A1)', async () => {
    const line = await RawConnection.open(server.url);
    const response = await line.write(head([...door.lines(), `Content-Length: ${GIB}`])).response();
    await line.closed();
    expect({ status: response.status, connection: headerOf(response, 'connection'), more: line.unread }).toEqual({ status: 413, connection: 'close', more: '' });
  });

  it('a body in chunks that never ends is 413, however rudely it goes on, and costs no memory (A2)', async () => {
    let status: number | undefined;
    const grown = await server.peakDuring(async () => {
      const line = await RawConnection.open(server.url, { halfOpen: true });
      const flooding = line.write(head([...door.lines(), 'Transfer-Encoding: chunked'])).flood(CHUNK);
      ({ status } = await line.response());
      await flooding;
    });
    expect(status).toBe(413);
    expect(grown).toBeLessThan(32 * MIB);
  });

  it.each([2 * MIB, 16 * MIB])('a client that sends %i bytes all the same reads why not', async (bytes) => {
    const [line = '', ...rest] = door.lines();
    const headers = Object.fromEntries(rest.map((header) => header.split(/: (.*)/s).slice(0, 2)));
    const statuses = await Promise.all(Array.from({ length: 10 }, () => upload(server.url + (line.split(' ')[1] ?? ''), { ...headers, 'content-length': bytes }, bytes)));
    expect(statuses).toEqual(statuses.map(() => 413));
  });

  it('a bomb of 64 MiB is 415 before it is inflated (A3)', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    const grown = await server.peakDuring(async () => {
      const line = await RawConnection.open(server.url);
      expect((await line.write(postOf(door, bomb, 'Content-Encoding: gzip')).response()).status).toBe(415);
      line.destroy();
    });
    expect(grown).toBeLessThan(32 * MIB);
  });

  it.each([
    ['with a length', (body: string) => [`Content-Length: ${body.length + 1}`], (body: string) => body],
    ['in chunks', () => ['Transfer-Encoding: chunked'], (body: string) => `${body.length.toString(16)}\r\n${body}\r\n`],
    ['before its first byte', () => ['Content-Length: 10'], () => ''],
  ] as const)('clients that leave a body %s leave nothing behind (A12)', async (_what, lines, sent) => {
    const before = server.descriptors;
    const body = noteCall();
    const left = await Promise.all(Array.from({ length: 30 }, () => RawConnection.open(server.url)));
    for (const line of left) line.write(head([...door.lines(), ...lines(body)], sent(body)));
    await until('all of them are there', () => server.descriptors >= before + 20);
    for (const line of left) line.destroy();
    await until('none of them is there', () => server.descriptors <= before);
    expect(server.descriptors).toBeLessThanOrEqual(before);
  });
});

describe('on routes that take no messages', () => {
  let house: ServerProcess & { url: string };
  beforeAll(async () => {
    house = await ServerProcess.start({ GATEHOUSE_AUTH_MODE: 'embedded', DATABASE_URL: 'sqlite::memory:' });
  });
  afterAll(() => house.kill());
  afterEach(async () => {
    const { status } = await send(`${house.url}/health`, { method: 'GET' });
    if (status !== 200 || /^\{"level":[56]0|^[^{]/m.test(house.errors)) throw new Error(`The server answers ${status}: ${house.errors}`);
  });

  const owned = ['/oauth/token', '/oauth/register', '/oauth/revoke', '/oauth/introspect', '/oauth/par', '/oauth/device_authorization', '/.well-known/oauth-authorization-server'];
  const pages = ['/oauth/interaction/none', '/account/sign-in', '/account/password', '/account/revoke'];
  const lines = (route: string): string[] => [`POST ${route} HTTP/1.1`, 'Host: localhost', `Content-Type: ${route === '/oauth/register' ? 'application/json' : 'application/x-www-form-urlencoded'}`];

  it.each([
    ...owned.map((route) => [route, 413] as const), ...pages.map((route) => [route, 403] as const),
    ['/', 404], ['/health', 404], ['/nothing', 404], ['/mcp', 401], ['/messages', 401], ['/messages/none', 401], ['/stream-tickets', 401],
  ] as const)('an announced GiB for %s of a stranger is %i and the line is closed (A1)', async (route, status) => {
    const line = await RawConnection.open(house.url);
    const response = await line.write(head([...lines(route), `Content-Length: ${GIB}`])).response();
    await line.closed();
    expect({ status: response.status, connection: headerOf(response, 'connection'), more: line.unread }).toEqual({ status, connection: 'close', more: '' });
  });

  it.each([...owned, ...pages, '/', '/nothing', '/stream-tickets'])('a body for %s in chunks that never ends is refused (A2)', async (route) => {
    const line = await RawConnection.open(house.url);
    line.write(head([...lines(route), 'Transfer-Encoding: chunked']));
    for (let sent = 0; sent < 4 * MIB; sent += 65_536) line.write(CHUNK);
    const { status } = await line.response();
    line.destroy();
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });
});

/** Sends a whole body, whatever is said meanwhile; the status that was read, or the reason why none was. */
function upload(url: string, headers: Record<string, string | number>, bytes: number): Promise<number | string> {
  return new Promise((resolve) => {
    const sending = request(url, { method: 'POST', headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0)).on('error', (error) => resolve(String(error)));
    });
    sending.on('error', (error) => resolve(String(error)));
    sending.end(Buffer.alloc(bytes, 'x'));
  });
}
