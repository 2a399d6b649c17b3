/** Rows A16, A17, G1 and G2: what a request must be before anything looks at it. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { settingsFrom } from '../config/load.js';
import { Settings } from '../config/settings.js';
import { Edge } from './edge.js';

const proxied = { publicUrl: 'https://mcp.example.com', allowedHosts: ['internal.example.com', 'with-port.example.com:8080'], allowedOrigins: ['https://app.example.com'] };

function requestOf(headers: [name: string, value: string][], url = '/mcp'): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  request.url = url;
  request.rawHeaders = headers.flat();
  for (const [name, value] of headers) request.headers[name.toLowerCase()] ??= value;
  return request;
}

function refusal(headers: [name: string, value: string][], { url, settings = {} }: { url?: string; settings?: Record<string, unknown> } = {}): string | undefined {
  return new Edge(settingsFrom(settings)).refusal(requestOf(headers, url))?.fault;
}

describe('a Host that is served passes (G1)', () => {
  it.each([
    ['localhost'], ['localhost:3000'], ['LOCALHOST:1'], ['127.0.0.1'], ['127.0.0.1:65535'], ['[::1]'], ['[::1]:3000'],
    ['mcp.example.com'], ['MCP.example.com:443'], ['internal.example.com'], ['internal.example.com:9000'], ['with-port.example.com:8080'],
  ])('%s', (host) => {
    expect(refusal([['Host', host]], { settings: proxied })).toBeUndefined();
  });
});

describe('a foreign Host is refused with 403 (G1)', () => {
  it.each([
    ['evil.example'], ['localhost.evil.example'], ['evil.localhost'], ['xlocalhost'], ['127.0.0.1.evil.example'], ['127.0.0.2'], ['2130706433'], ['0.0.0.0'],
    ['[::]'], ['[::ffff:127.0.0.1]'], ['sub.mcp.example.com'], ['example.com'], ['with-port.example.com'], ['with-port.example.com:8081'],
  ])('%s', (host) => {
    expect(refusal([['Host', host]], { settings: proxied })).toBe('host_refused');
  });
});

describe('a malformed Host is refused with 400 (A16)', () => {
  it.each([
    ['nothing', ''], ['user-info', 'user@localhost'], ['user-info with a password', 'a:b@localhost'], ['port 0', 'localhost:0'], ['an empty port', 'localhost:'],
    ['a padded port', 'localhost:03000'], ['a port of letters', 'localhost:http'], ['a port of six digits', 'localhost:100000'], ['a trailing dot', 'localhost.'],
    ['a leading dot', '.localhost'], ['a path', 'localhost/x'], ['a scheme', 'http://localhost'], ['white space', 'local host'], ['two hosts', 'localhost,evil.example'],
    ['an open bracket', '[::1'], ['an address without brackets', '::1'], ['a percent escape', 'localhos%74'], ['an underscore', 'local_host'],
  ])('%s', (_, host) => {
    expect(refusal([['Host', host]])).toBe('request_malformed');
  });

  it('no Host at all', () => {
    expect(refusal([])).toBe('request_malformed');
  });

  it('is not let in by a good one before it on the same server', () => {
    const edge = new Edge(settingsFrom());
    const hosts = ['localhost', 'evil.example', 'localhost', 'localhost.', 'evil.example'];
    expect(hosts.map((host) => edge.refusal(requestOf([['Host', host]]))?.fault)).toEqual([undefined, 'host_refused', undefined, 'request_malformed', 'host_refused']);
  });
});

describe('a request target is a path (A16)', () => {
  it.each(['http://localhost/mcp', 'http://evil.example/mcp', '*', 'localhost:443', ''])('refuses %j', (url) => {
    expect(refusal([['Host', 'localhost']], { url })).toBe('request_malformed');
  });
});

describe('what decides who asks may stand only once (A17)', () => {
  it.each(['Host', 'Origin', 'Authorization', 'Content-Type', 'Mcp-Session-Id', 'MCP-Protocol-Version', 'Mcp-Method', 'Mcp-Name', 'Last-Event-ID'])('%s', (name) => {
    const value = name === 'Host' ? 'localhost' : name === 'Origin' ? 'http://localhost' : 'x';
    const others: [string, string][] = name === 'Host' ? [] : [['Host', 'localhost']];
    expect(refusal([...others, [name, value]])).toBeUndefined();
    expect(refusal([...others, [name, value], [name.toUpperCase(), value]])).toBe('request_malformed');
  });

  it('other headers may stand twice', () => {
    expect(refusal([['Host', 'localhost'], ['Accept', 'a'], ['Accept', 'b'], ['X-Forwarded-For', '1'], ['x-forwarded-for', '2']])).toBeUndefined();
  });
});

describe('an Origin that may call passes, any other is refused with 403 (G1)', () => {
  const fromPage = (origin: string, settings: Record<string, unknown>): string | undefined => refusal([['Host', 'localhost'], ['Origin', origin]], { settings });

  it('no Origin passes: no browser sent it', () => {
    expect(refusal([['Host', 'localhost']])).toBeUndefined();
  });

  it.each(['https://mcp.example.com', 'https://app.example.com', 'http://localhost:6274', 'https://127.0.0.1', 'http://[::1]:1'])('%s passes', (origin) => {
    expect(fromPage(origin, proxied)).toBeUndefined();
  });

  it.each([
    'null', '', 'https://evil.example', 'https://sub.app.example.com', 'http://app.example.com', 'https://app.example.com:444', 'https://app.example.com.evil.example',
    'http://localhost.evil.example', 'http://evil.example#localhost', 'http://localhost@evil.example', 'file://', 'chrome-extension://localhost', 'localhost', 'javascript://localhost',
  ])('%j is refused', (origin) => {
    expect(fromPage(origin, proxied)).toBe('origin_refused');
  });

  it('a loopback page may call only a server that listens on loopback', () => {
    expect(fromPage('http://localhost:6274', {})).toBeUndefined();
    const edge = new Edge(new Settings({ ...settingsFrom(proxied), host: '0.0.0.0' }));
    expect([edge.isAllowedOrigin('http://localhost:6274'), edge.isAllowedOrigin('https://app.example.com')]).toEqual([false, true]);
  });

  it('is echoed exactly, never as a wildcard (G2)', () => {
    const headers = new Edge(settingsFrom(proxied)).corsHeaders(requestOf([['Origin', 'https://app.example.com']]));
    expect(headers.slice(0, 4)).toEqual(['Access-Control-Allow-Origin', 'https://app.example.com', 'Vary', 'Origin']);
    expect(headers).not.toContain('*');
    expect(new Edge(settingsFrom(proxied)).corsHeaders(requestOf([]))).toEqual([]);
  });
});
