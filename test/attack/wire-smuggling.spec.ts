/**
 * Requests whose end two readers place differently, sent to every door directly and through nginx and haproxy: what is hidden
 * in one never runs, nobody is answered twice, and no other client gets an answer that is not its own (row A15).
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { perRequest, rpc, send } from '../support/http-mcp.js';
import { startProxy, type Proxy } from '../support/http-proxies.js';
import { head, RawConnection } from '../support/http-raw.js';
import { doors, noteCall, postOf, requestDoor, WireServer, type WireDoor } from '../support/wire.js';

let server: WireServer;
const proxies: Partial<Record<'nginx' | 'haproxy', Proxy>> = {};
beforeAll(async () => {
  server = await WireServer.start();
  proxies.nginx = await startProxy('nginx', server.url);
  proxies.haproxy = await startProxy('haproxy', server.url);
});
afterAll(async () => {
  await Promise.all([proxies.nginx?.stop(), proxies.haproxy?.stop()]);
  await server.stop();
});

const outer = noteCall('"outer"', '{"text":"outer"}');
const size = Buffer.byteLength(outer);
const hex = size.toString(16);

/** The hidden request is a whole one, which would leave a row of its own. */
async function hidden(): Promise<string> {
  const door = await requestDoor(server);
  return postOf(door, noteCall('"hidden"', '{"text":"hidden"}')).toString();
}

/** Attacks by name: header lines, and the bytes behind the head. */
function attacks(inner: string): [what: string, lines: string[], rest: string][] {
  return [
    ['a length that ends before the chunks do', ['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${inner}`],
    ['chunks that end before the length does', ['Transfer-Encoding: chunked', `Content-Length: ${5 + inner.length}`], `0\r\n\r\n${inner}`],
    ...['xchunked', 'chunked, identity', 'identity, chunked', '\u000bchunked', 'chunk', '"chunked"', 'chunked;q=1', ',chunked,', 'CHUNKED\u0000'].map((coding): [string, string[], string] =>
      [`the coding ${JSON.stringify(coding)} beside a length`, [`Transfer-Encoding: ${coding}`, `Content-Length: ${5 + inner.length}`], `0\r\n\r\n${inner}`]),
    ['two codings', ['Transfer-Encoding: chunked', 'Transfer-Encoding: x', `Content-Length: ${5 + inner.length}`], `0\r\n\r\n${inner}`],
    ['a space before the colon of a coding', ['Transfer-Encoding : chunked', `Content-Length: ${5 + inner.length}`], `0\r\n\r\n${inner}`],
    ['a folded coding', ['Transfer-Encoding:', ' chunked', `Content-Length: ${5 + inner.length}`], `0\r\n\r\n${inner}`],
    ['a coding behind a bare LF', [`X-Bare: 1\nTransfer-Encoding: chunked`, `Content-Length: ${5 + inner.length}`], `0\r\n\r\n${inner}`],
    ['a coding behind a bare CR', [`X-Bare: 1\rTransfer-Encoding: chunked`, `Content-Length: ${5 + inner.length}`], `0\r\n\r\n${inner}`],
    ['two lengths', [`Content-Length: 0`, `Content-Length: ${inner.length}`], inner], ['two lengths the other way round', [`Content-Length: ${inner.length}`, 'Content-Length: 0'], inner],
    ['a list of lengths', [`Content-Length: 0, ${inner.length}`], inner], ['a signed length', [`Content-Length: +${inner.length}`], inner], ['a negative length', [`Content-Length: -${inner.length}`], inner],
    ['a hexadecimal length', [`Content-Length: 0x${inner.length.toString(16)}`], inner], ['a length with a fraction', [`Content-Length: ${inner.length}.0`], inner],
    ['a length with a space', [`Content-Length: ${inner.length} 0`], inner], ['a length beyond any number', [`Content-Length: ${'9'.repeat(40)}`], inner],
    ['a chunk extension with a bare LF', ['Transfer-Encoding: chunked'], `${hex};a\n\r\n${outer}\r\n0\r\n\r\n${inner}`],
    ['a chunk extension that hides a chunk', ['Transfer-Encoding: chunked'], `${hex};a\nx\r\n${outer}\r\n0\r\n\r\n${inner}`],
    ['a chunk size with a sign', ['Transfer-Encoding: chunked'], `+${hex}\r\n${outer}\r\n0\r\n\r\n${inner}`], ['a chunk size with 0x', ['Transfer-Encoding: chunked'], `0x${hex}\r\n${outer}\r\n0\r\n\r\n${inner}`],
    ['a chunk size beyond any number', ['Transfer-Encoding: chunked'], `fffffffffffffffff${hex}\r\n${outer}\r\n0\r\n\r\n${inner}`],
    ['bare LF around chunks', ['Transfer-Encoding: chunked'], `${hex}\n${outer}\n0\n\n`], ['a chunk longer than it says', ['Transfer-Encoding: chunked'], `${(size - 1).toString(16)}\r\n${outer}\r\n0\r\n\r\n${inner}`],
    ['a trailer that names a length', ['Transfer-Encoding: chunked', 'Trailer: Content-Length'], `${hex}\r\n${outer}\r\n0\r\nContent-Length: ${inner.length}\r\nTransfer-Encoding: x\r\n\r\n`],
    ['a space before the first header', [` X: 1`, `Content-Length: ${inner.length}`], inner], ['a header without a colon', ['Transfer-Encoding chunked', `Content-Length: ${5 + inner.length}`], `0\r\n\r\n${inner}`],
  ];
}

/** Sends an attack and takes every answer there is; the line is closed by then, or left alone. */
async function answersTo(url: string, bytes: string): Promise<number[]> {
  const line = await RawConnection.open(url);
  const statuses: number[] = [];
  line.write(bytes);
  try {
    // Two answers would come one behind the other; asking for the end of the line brings both.
    statuses.push((await line.response()).status);
    line.finish();
    for (;;) statuses.push((await line.response()).status);
  } catch {
    return statuses;
  } finally {
    line.destroy();
  }
}

/** Other clients meanwhile: each must get the answer to its own question. */
async function victims(url: string): Promise<void> {
  const replies = await Promise.all(Array.from({ length: 6 }, async (_, index) => {
    const { headers, json } = perRequest(`victim-${index}`, 'tools/call', { name: 'said', arguments: { text: `${index}` } });
    return rpc(await send(`${url}/mcp`, { headers: { ...headers, host: 'localhost' }, json }));
  }));
  expect(replies.map(({ id, result }) => [id, result?.['content']])).toEqual(replies.map((_, index) => [`victim-${index}`, [{ type: 'text', text: `noted ${index}` }]]));
}

const names = attacks('').map(([what]) => what);

describe.each(doors)('directly, at the door of %s', (_name, open) => {
  afterEach(() => server.unharmed());

  it.each(names)('%s is 400 once, and the line is closed', async (what) => {
    const door = await open(server);
    const { lines, rest } = await attack(what);
    expect(await answersTo(server.url, head([...door.lines(), ...lines], rest))).toEqual([400]);
    door.close();
  });
});

describe.each(['nginx', 'haproxy'] as const)('behind %s', (kind) => {
  let door: WireDoor;
  beforeAll(async () => {
    door = await requestDoor(server);
  });

  it.each(names)('%s is one request at most, and nobody else gets its answer', async (what) => {
    const { url = '' } = proxies[kind] ?? {};
    const { lines, rest } = await attack(what);
    const statuses = await answersTo(url, head([...door.lines(), ...lines], rest));
    await victims(url);
    expect(statuses.filter((status) => status < 400).length).toBeLessThanOrEqual(1);
    // The proxy may have mended the outer request; the hidden one is no request to anybody.
    expect((await server.ledger()).filter((row) => row !== 'note:outer')).toEqual([]);
  });

  it('two whole requests sent ahead get two answers, in order', async () => {
    const line = await RawConnection.open(proxies[kind]?.url ?? '');
    line.write(Buffer.concat([postOf(door, noteCall('"one"')), postOf(door, noteCall('"two"'))]));
    const ids = [rpc(await line.response()).id, rpc(await line.response()).id];
    line.destroy();
    expect(ids).toEqual(['one', 'two']);
    expect(await server.ledger()).toHaveLength(2);
  });
});

describe('what cannot be read behind what can', () => {
  afterEach(() => server.unharmed());

  it('does not take the answer of a request that still runs', async () => {
    const door = await requestDoor(server);
    const hold = noteCall('"held"', '{"key":"held"}').replace('"name":"note"', '"name":"hold"');
    const line = await RawConnection.open(server.url);
    line.write(Buffer.concat([postOf(door, hold, 'Mcp-Name: hold'), Buffer.from('no HTTP\r\n\r\n')]));
    line.write('nor this\r\n\r\n');
    await send(`${server.url}/mcp`, perRequest('between', 'tools/list'));
    await server.release('held');
    expect(rpc(await line.response())).toMatchObject({ id: 'held', result: { content: [{ text: 'held held' }] } });
    expect((await line.response()).status).toBe(400);
    await line.closed();
    expect(await server.ledger()).toEqual(['held:held', 'released:held']);
  });

  it('is no second answer to a request that was refused before its body was broken', async () => {
    const door = await requestDoor(server);
    const line = await RawConnection.open(server.url);
    line.write(head([...door.lines(['content-type']), 'Content-Type: text/plain', 'Transfer-Encoding: chunked']));
    expect((await line.response()).status).toBe(415);
    line.write('no chunk\r\n\r\n');
    await line.closed();
    expect(line.unread).toBe('');
  });
});

async function attack(what: string): Promise<{ lines: string[]; rest: string }> {
  const [, lines = [], rest = ''] = attacks(await hidden()).find(([name]) => name === what) ?? [];
  return { lines, rest };
}
