/** Heads of requests that say two things, or what no head may say: refused at every door, nothing runs, nothing breaks the log (rows A11, A16 to A20). */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { McpSession, perRequest, rpc } from '../support/http-mcp.js';
import { exchange, head, RawConnection, type RawResponse } from '../support/http-raw.js';
import { doors, noteCall, post, postOf, WireServer } from '../support/wire.js';

let server: WireServer;
beforeAll(async () => {
  server = await WireServer.start({ LOG_LEVEL: 'debug' });
});
afterAll(() => server.stop());
afterEach(() => server.unharmed());

describe.each(doors)('at the door of %s', (_name, open) => {
  it.each([
    ['two hosts', 'Host: localhost', 'Host: evil.example'], ['two hosts that agree', 'Host: localhost', 'Host: localhost'],
    ['a host with user-info', 'Host: localhost@evil.example'], ['a host with port 0', 'Host: localhost:0'], ['a host with a dot behind it', 'Host: localhost.'],
    ['no host', ''],
  ])('refuses %s with 400 (A16)', async (_what, ...hosts) => {
    const door = await open(server);
    const bytes = postOf(door, noteCall()).toString('latin1').replace('Host: localhost\r\n', hosts.filter((line) => line !== '').map((line) => `${line}\r\n`).join(''));
    expect((await exchange(server.url, bytes)).status).toBe(400);
    door.close();
  });

  it.each(['http://evil.example', 'http://localhost', 'https://localhost:443', '//', '%zz', '%ff'])('refuses a target that begins with %s (A16)', async (prefix) => {
    const door = await open(server);
    const bytes = postOf(door, noteCall()).toString('latin1').replace('POST ', `POST ${prefix.startsWith('%') ? '/' : ''}${prefix}`);
    const response = await exchange(server.url, bytes);
    expect([400, 404]).toContain(response.status);
    expect(JSON.parse(response.body)).toHaveProperty('error.code');
    expect(response.body).not.toContain(prefix);
    door.close();
  });

  it.each(['Authorization: Bearer a', 'Mcp-Session-Id: a', 'Origin: http://localhost', 'MCP-Protocol-Version: 2025-11-25', 'Mcp-Method: ping', 'Mcp-Name: a', 'Content-Type: application/json', 'Last-Event-ID: a'])('refuses %s twice with 400 (A17)', async (line) => {
    const door = await open(server);
    expect((await post(server, door, noteCall(), line, line.toLowerCase())).status).toBe(400);
    door.close();
  });

  it.each([['CR', '\r'], ['LF', '\n'], ['NUL', '\0'], ['CR LF and a field', '\r\nX-Forged: 1\r\n ']])('refuses a session id with a hidden %s and logs it in no line of its own (A18)', async (_what, hidden) => {
    const door = await open(server);
    const { status } = await post(server, door, noteCall(), `Mcp-Session-Id: a${hidden}{"level":60,"event":"forged"}`);
    expect([400, 404]).toContain(status);
    expect(server.process.errors).not.toMatch(/^\{"level":60|^[^{]/m);
    door.close();
  });
});

describe('headers that lie about a call of 2026-07-28', () => {
  /** Sends a call of the tool whose arguments travel as headers too. */
  function place(args: object, lines: readonly string[], without: readonly string[] = []): Promise<RawResponse> {
    const { headers, json } = perRequest(7, 'tools/call', { name: 'placed', arguments: args });
    const body = JSON.stringify(json);
    const own = Object.entries(headers).filter(([name]) => !without.includes(name)).map(([name, value]) => `${name}: ${value}`);
    return exchange(server.url, Buffer.from(head(['POST /mcp HTTP/1.1', 'Host: localhost', ...own, ...lines, `Content-Length: ${Buffer.byteLength(body)}`], body)));
  }

  /** The answer, as far as it is a matter of this row. */
  function verdict({ status, body }: RawResponse): object {
    const { id, error } = rpc({ body });
    return { status, id, code: error?.code };
  }

  const refused = { status: 400, id: 7, code: -32020 };

  const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;

  it.each(['a\r\nX-Evil: 1', 'a\0', 'a\n', '\r'])('refuses %j hidden in Base64 where the body says something else (A18)', async (value) => {
    expect(verdict(await place({ region: 'a' }, [`Mcp-Param-Region: ${base64(value)}`]))).toEqual(refused);
    expect(server.process.errors).not.toContain('X-Evil');
  });

  // What fits into a header line as it is; everything else goes as Base64, always allowed.
  const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.~ ,;=?/'), minLength: 1, maxLength: 12 }).filter((text) => text === text.trim() && !text.startsWith('=?'));
  const region = fc.oneof(word, fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => text.isWellFormed()));

  it('serves whatever is repeated truly, and refuses each of its lies (A19)', async () => {
    await fc.assert(fc.asyncProperty(region, fc.maxSafeInteger(), fc.boolean(), fc.nat(3), word, async (text, level, dry, zeros, other) => {
      fc.pre(other !== text);
      const truth = [
        `Mcp-Param-Region: ${/^[\x21-\x7e](?:[ -~]*[\x21-\x7e])?$/.test(text) && !text.startsWith('=?') ? text : base64(text)}`,
        `mcp-param-LEVEL: ${level}${zeros > 0 ? `.${'0'.repeat(zeros)}` : ''}`, `MCP-PARAM-DRY: ${dry}`,
      ];
      const args = { region: text, level, dry };
      const response = await place(args, truth);
      expect([response.status, await server.ledger()]).toEqual([200, ['placed']]);
      const [first = '', second = '', third = ''] = truth;
      const lies = [
        [second, third], [first, third], [first, second], [`Mcp-Param-Region: ${base64(other)}`, second, third], [first, `Mcp-Param-Level: ${level === 0 ? 1 : -level}`, third],
        [first, `Mcp-Param-Level: ${level}.5`, third], [first, second, `Mcp-Param-Dry: ${!dry}`], [first, second, `Mcp-Param-Dry: ${String(dry).toUpperCase()}`], [first, first, second, third],
      ];
      for (const lie of lies) expect({ lie, ...verdict(await place(args, lie)) }).toEqual({ lie, ...refused });
      expect(await server.ledger()).toEqual([]);
    }), { numRuns: 25, endOnFailure: true });
  });

  it.each([['tools/call', 'name'], ['prompts/get', 'name'], ['resources/read', 'uri']])('refuses %s under another name than params.%s (A19)', async (method, member) => {
    for (const said of ['other', 'TRUE-NAME', base64('other'), '=?base64?*?=', undefined]) {
      const { headers, json } = perRequest(7, method, { [member]: 'true-name' });
      const { 'mcp-name': _name, ...rest } = headers;
      const own = Object.entries(said === undefined ? rest : { ...rest, 'mcp-name': said }).map(([name, value]) => `${name}: ${value}`);
      const body = JSON.stringify(json);
      expect(verdict(await exchange(server.url, head(['POST /mcp HTTP/1.1', 'Host: localhost', ...own, `Content-Length: ${body.length}`], body)))).toEqual(refused);
    }
  });

  it.each(['MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name'])('refuses a call without %s (A19)', async (name) => {
    expect(verdict(await place({}, [], [name.toLowerCase()]))).toEqual(refused);
  });
});

describe('a version that a session does not have', () => {
  it.each(['2026-07-28', '2099-01-01', 'garbage', '2025-11-25x', ' '])('"%s" is refused with 400 (A20)', async (version) => {
    const session = await McpSession.open(server.url);
    const lines = Object.entries({ ...session.headers, 'mcp-protocol-version': version }).map(([name, value]) => `${name}: ${value}`);
    const body = '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"note","arguments":{}}}';
    expect((await exchange(server.url, head(['POST /mcp HTTP/1.1', 'Host: localhost', ...lines, `Content-Length: ${body.length}`], body))).status).toBe(400);
    await session.end();
  });
});

describe('a stream is not opened for who does not read streams (A11)', () => {
  it.each(['application/json', 'text/html', 'text/event-stre', ''])('refuses Accept "%s" with 406', async (accept) => {
    const session = await McpSession.open(server.url);
    const line = await RawConnection.open(server.url);
    const lines = ['GET /mcp HTTP/1.1', 'Host: localhost', `Accept: ${accept}`, `Mcp-Session-Id: ${session.id}`];
    expect((await line.write(head(lines)).response()).status).toBe(406);
    line.destroy();
    await session.end();
  });
});
