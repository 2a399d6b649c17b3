/** How long a client's document is believed, and how many are fetched for one address (checklist 26, 27; RFC 9111 §4.2). */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DocumentHost, TestNetwork } from '../support/document-host.js';
import { OAuthClient } from '../support/oauth-client.js';
import { OAuthServer } from '../support/oauth-server.js';

const NOW = Date.parse('2026-07-28T12:00:00Z');
const DAY = 86_400;
const LEAST = 5;
const UNTOLD = 300;

async function ask(server: OAuthServer, clientId: string): Promise<number> {
  const client = new OAuthClient(server.url, clientId);
  return (await client.browser.follow(client.authorizationUrl())).status;
}

describe('a document is believed for as long as its host says', () => {
  const network = new TestNetwork();
  let server: OAuthServer;
  let host: DocumentHost;
  beforeAll(async () => {
    server = await OAuthServer.start({ network });
    host = await DocumentHost.start(network);
  });
  afterAll(() => Promise.all([server.close(), host.close()]));
  beforeEach(() => {
    // The library's cache has no clock but this one.
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    host.hits = 0;
  });
  afterEach(() => void vi.useRealTimers());

  it.each<[Record<string, string>, number]>([
    [{ 'Cache-Control': 'public, max-age=60' }, 60],
    [{ 'Cache-Control': 'Max-Age="60"' }, 60],
    [{ 'Cache-Control': 'max-age=60', Age: '50' }, 10],
    [{ 'Cache-Control': 'max-age=60', Expires: new Date(NOW + 1000 * DAY).toUTCString() }, 60],
    [{ 'Cache-Control': 'no-store' }, LEAST],
    [{ 'Cache-Control': 'no-cache, max-age=600' }, LEAST],
    [{ 'Cache-Control': 'max-age=0' }, LEAST],
    [{ 'Cache-Control': 'max-age=999999999' }, DAY],
    [{ Date: new Date(NOW).toUTCString(), Expires: new Date(NOW + 30_000).toUTCString() }, 30],
    [{ Date: new Date(NOW - 3_600_000).toUTCString(), Expires: new Date(NOW - 3_570_000).toUTCString() }, 30],
    [{ Expires: '0' }, LEAST],
    [{}, UNTOLD],
  ])('%j: %d seconds, and is fetched once more after that', async (headers, seconds) => {
    host.serve({}, headers);
    const id = `${host.origin}/${encodeURIComponent(JSON.stringify(headers))}.json`;
    const look = async (after: number): Promise<number> => {
      vi.setSystemTime(NOW + after * 1000);
      expect(await ask(server, id)).toBe(303);
      return host.hits;
    };
    expect([await look(0), await look(seconds - 1), await look(seconds + 1), await look(seconds + 2)]).toEqual([1, 1, 2, 2]);
  });
});

describe('who makes us fetch documents', () => {
  it('is served so many a minute, then no host is contacted for them', async () => {
    const network = new TestNetwork();
    const names = ['one', 'two', 'three', 'four'].map((name) => `${name}.example`);
    const hosts = await Promise.all(names.map((name) => DocumentHost.start(network, name)));
    const server = await OAuthServer.start({ network, settings: { registrationsPerMinute: 3 } });
    try {
      server.clock.ahead = 60_000 - (Date.now() % 60_000);
      for (const host of hosts) host.serve();
      const statuses: number[] = [];
      for (const { origin } of hosts) statuses.push(await ask(server, `${origin}/client.json`));
      expect(statuses).toEqual([303, 303, 303, 400]);
      expect([hosts.map(({ hits }) => hits), network.asked]).toEqual([[1, 1, 1, 0], names.slice(0, 3)]);
      // What is known already costs nothing.
      expect(await ask(server, `${hosts[0]?.origin}/client.json`)).toBe(303);
      server.clock.ahead += 60_000;
      expect(await ask(server, `${hosts[3]?.origin}/client.json`)).toBe(303);
    } finally {
      await Promise.all([server.close(), ...hosts.map((host) => host.close())]);
    }
  });
});
