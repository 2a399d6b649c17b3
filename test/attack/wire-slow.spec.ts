/**
 * Many slow senders at once: each is ended at its deadline, nobody else waits for them, and a peer that never hangs up holds
 * nothing (rows A13, A14). test/load/slow.ts does the same with the deadlines and numbers of a server in service.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/http-deadline.js';
import { perRequest, send } from '../support/http-mcp.js';
import { head, RawConnection } from '../support/http-raw.js';
import { doors, NOTE, WireServer } from '../support/wire.js';

const EACH = 12;

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start({ GATEHOUSE_HEADERS_TIMEOUT_MS: '500', GATEHOUSE_REQUEST_TIMEOUT_MS: '1000' });
});
afterAll(() => server.stop());
afterEach(() => server.unharmed());

/** What one kind of peer sends at first, and again and again, and the status it is to be ended with. */
interface Peer {
  what: string;
  status: number;
  first: string;
  again?: string;
}

/** Opens lines that never hang up, twelve of each kind; gives the status each was ended with, once the server has let go of all. */
async function ended(peers: readonly Peer[]): Promise<{ what: string; statuses: number[] }[]> {
  const before = server.descriptors;
  const lines = await Promise.all(peers.flatMap((peer) => Array.from({ length: EACH }, async () => ({ peer, line: await RawConnection.open(server.url, { halfOpen: true }) }))));
  for (const { peer, line } of lines) line.write(peer.first);
  const drops = setInterval(() => {
    for (const { peer, line } of lines) if (peer.again !== undefined) line.write(peer.again);
  }, 50);
  const statuses = lines.map(async ({ peer, line }) => ({ peer, status: (await line.response()).status }));
  const others = await Promise.all(Array.from({ length: 20 }, () => send(`${server.url}/mcp`, perRequest(1, 'tools/list'))));
  expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));
  const all = await Promise.all(statuses);
  clearInterval(drops);
  await until('the server has let go of all of them', () => server.descriptors <= before);
  for (const { line } of lines) line.destroy();
  return peers.map((peer) => ({ what: peer.what, statuses: [...new Set(all.filter((one) => one.peer === peer).map(({ status }) => status))] }));
}

const asExpected = (peers: readonly Peer[]): object[] => peers.map(({ what, status }) => ({ what, statuses: [status] }));

describe('a sender that takes its time is ended at the deadline and held no longer', () => {
  it('answers 408 to headers that stop or trickle (A14)', async () => {
    const head = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\n';
    const peers = [
      { what: 'lines that say nothing', status: 408, first: '' }, { what: 'headers that stop', status: 408, first: head },
      { what: 'headers that trickle', status: 408, first: head, again: 'X-More: 1\r\n' },
      { what: 'headers for the page', status: 408, first: 'GET / HTTP/1.1\r\n', again: 'X-More: 1\r\n' },
      { what: 'a request line that trickles', status: 408, first: 'GET /', again: 'a' },
    ];
    expect(await ended(peers)).toEqual(asExpected(peers));
  });

  it('answers 408 to bodies that stop or trickle, at every door (A13)', async () => {
    const open = await Promise.all(doors.map(([, opener]) => opener(server)));
    const peers = open.flatMap((door) => [
      { what: `a body that trickles at ${door.name}`, status: 408, first: head([...door.lines(), 'Transfer-Encoding: chunked']), again: '1\r\n \r\n' },
      { what: `a body that stops at ${door.name}`, status: 408, first: head([...door.lines(), 'Content-Length: 1000'], '{') },
    ]);
    expect(await ended(peers)).toEqual(asExpected(peers));
    for (const door of open) door.close();
  });
});

describe('a peer that never hangs up holds nothing (P4)', () => {
  it('lets go of every line that it has ended itself', async () => {
    const { headers } = perRequest(1, 'tools/call', NOTE);
    const lines = ['POST /mcp HTTP/1.1', 'Host: localhost', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
    const untyped = lines.filter((line) => !line.startsWith('content-type'));
    const peers = [
      { what: 'no HTTP', status: 400, first: '\u0016\u0003\u0001 hello\r\n\r\n', again: 'and on\r\n' },
      { what: 'two lengths', status: 400, first: head([...lines, 'Content-Length: 1', 'Content-Length: 2']) },
      { what: 'a tunnel', status: 405, first: head(['CONNECT evil.example:443 HTTP/1.1', 'Host: evil.example:443']), again: 'through' },
      { what: 'a body too large', status: 413, first: head([...lines, 'Content-Length: 99999999']) },
      { what: 'headers too large', status: 431, first: head([...lines, `X-Long: ${'x'.repeat(20_000)}`]) },
      { what: 'an expectation', status: 417, first: head([...lines, 'Expect: more', 'Content-Length: 10']) },
      { what: 'a refused body that never comes', status: 415, first: head([...untyped, 'Content-Type: text/plain', 'Content-Length: 10']) },
    ];
    expect(await ended(peers)).toEqual(asExpected(peers));
  });
});
