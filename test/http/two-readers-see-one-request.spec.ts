/** Requests whose end two readers could place differently are refused and the line is cut (row A15). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { perRequest } from '../support/http-mcp.js';
import { head, RawConnection } from '../support/http-raw.js';

let gatehouse: Gatehouse;
const { headers, json } = perRequest(1, 'tools/call', { name: 'note', arguments: { text: 'smuggled' } });
const body = JSON.stringify(json);
const length = Buffer.byteLength(body);
const own = ['Host: localhost', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
const chunked = `${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
const smuggled = head(['POST /mcp HTTP/1.1', ...own, `Content-Length: ${length}`], body);

beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [LedgerModule] });
});
afterAll(() => gatehouse.close());
beforeEach(() => {
  gatehouse.app.get(Ledger).rows.length = 0;
});

const post = (lines: readonly string[], rest: string): string => head(['POST /mcp HTTP/1.1', ...own, ...lines], rest);

describe('a request that could be read in two ways gets one answer, 400, and nothing runs (A15)', () => {
  it.each([
    ['content-length and transfer-encoding', post([`Content-Length: ${length}`, 'Transfer-Encoding: chunked'], chunked)],
    ['transfer-encoding and content-length', post(['Transfer-Encoding: chunked', 'Content-Length: 4'], `0\r\n\r\n${smuggled}`)],
    ['two lengths that differ', post([`Content-Length: ${length}`, 'Content-Length: 0'], body)],
    ['two lengths that agree', post([`Content-Length: ${length}`, `Content-Length: ${length}`], body)],
    ['a list of lengths', post([`Content-Length: ${length}, ${length}`], body)],
    ['a signed length', post([`Content-Length: +${length}`], body)],
    ['a negative length', post(['Content-Length: -1'], body)],
    ['a hexadecimal length', post([`Content-Length: 0x${length.toString(16)}`], body)],
    ['a length with a space inside', post(['Content-Length: 1 0'], body)],
    ['an unknown transfer coding', post(['Transfer-Encoding: xchunked'], chunked)],
    ['chunked that is not last', post(['Transfer-Encoding: chunked, identity'], chunked)],
    ['two transfer codings', post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunked)],
    ['a transfer coding behind a vertical tab', post(['Transfer-Encoding: \u000bchunked'], chunked)],
    ['a space before the colon', post(['Transfer-Encoding : chunked'], chunked)],
    ['a folded header', post(['X-Folded: one', ' two', `Content-Length: ${length}`], body)],
    ['a folded transfer-encoding', post(['Transfer-Encoding:', ' chunked'], chunked)],
    ['a bare LF between headers', head([`POST /mcp HTTP/1.1`, ...own, `X-Bare: 1\nContent-Length: ${length}`], body)],
    ['a bare CR in a header', post([`X-Bare: 1\rContent-Length: 0`, `Content-Length: ${length}`], body)],
    ['a NUL in a header', post(['X-Nul: a\u0000b', `Content-Length: ${length}`], body)],
    ['a header without a name', post([': value', `Content-Length: ${length}`], body)],
    ['a header without a colon', post(['nothing', `Content-Length: ${length}`], body)],
    ['a chunk extension with a bare LF', post(['Transfer-Encoding: chunked'], `${length.toString(16)};a\n\r\n${body}\r\n0\r\n\r\n`)],
    ['a chunk size that is no number', post(['Transfer-Encoding: chunked'], `xyz\r\n${body}\r\n0\r\n\r\n`)],
    ['a chunk size with a sign', post(['Transfer-Encoding: chunked'], `+${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)],
    ['a chunk size beyond any number', post(['Transfer-Encoding: chunked'], `ffffffffffffffffff\r\n${body}\r\n0\r\n\r\n`)],
    ['chunks without CRLF at their end', post(['Transfer-Encoding: chunked'], `${length.toString(16)}\r\n${body}0\r\n\r\n`)],
    ['bare LF around chunks', post(['Transfer-Encoding: chunked'], `${length.toString(16)}\n${body}\n0\n\n`)],
    ['an unknown version', `POST /mcp HTTP/9.9\r\n${own.join('\r\n')}\r\n\r\n`],
    ['a request line of LF only', `POST /mcp HTTP/1.1\n${own.join('\n')}\nContent-Length: ${length}\n\n${body}`],
  ])('refuses %s', async (_what, bytes) => {
    const line = await RawConnection.open(gatehouse.url);
    const response = await line.write(bytes).response();
    await line.closed();
    expect(response.status).toBe(400);
    expect(line.unread).toBe('');
    expect(gatehouse.app.get(Ledger).rows).toEqual([]);
  });

  it('reads no second request out of the body of the first', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const outer = head(['POST /mcp HTTP/1.1', 'Host: localhost', 'Content-Type: text/plain', `Content-Length: ${smuggled.length}`], smuggled);
    const statuses = [(await line.write(outer + head(['GET /health HTTP/1.1', 'Host: localhost'])).response()).status];
    statuses.push((await line.response()).status);
    line.destroy();
    expect(statuses).toEqual([415, 200]);
    expect(gatehouse.app.get(Ledger).rows).toEqual([]);
  });

  it('answers requests sent ahead one after another and in order', async () => {
    const line = await RawConnection.open(gatehouse.url);
    line.write(smuggled + head(['GET /health HTTP/1.1', 'Host: localhost']) + smuggled);
    const bodies = [(await line.response()).body, (await line.response()).body, (await line.response()).body];
    line.destroy();
    expect(bodies[1]).toContain('"ok"');
    expect(gatehouse.app.get(Ledger).rows).toHaveLength(2);
  });

  it('refuses a header block beyond its bound with 431', async () => {
    const line = await RawConnection.open(gatehouse.url);
    const response = await line.write(head(['GET /health HTTP/1.1', 'Host: localhost', `X-Long: ${'x'.repeat(20_000)}`])).response();
    expect(response.status).toBe(431);
    await line.closed();
  });
});
