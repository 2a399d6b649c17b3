/** What every request must pass before anything looks at it: its target, its Host, its Origin (promises P4, P6). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { fault, type Fault } from '../protocol/faults.js';

const SINGLE = new Set(['host', 'origin', 'authorization', 'content-type', 'mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'last-event-id']);
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::([1-9]\d{0,4}))?$/i;
const MAX_PORT = 65_535;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const ALLOWED_HEADERS = 'Authorization, Content-Type, Accept, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name, X-API-Key';
const EXPOSED_HEADERS = 'Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy';

@Injectable()
export class Edge {
  readonly #hosts: Set<string>;
  readonly #origins: Set<string>;
  readonly #loopback: boolean;
  #lastServed: string | undefined;

  constructor(settings: Settings) {
    const own = new URL(settings.publicUrl);
    this.#hosts = new Set([...LOOPBACK, own.hostname, ...settings.allowedHosts].map((host) => host.toLowerCase()));
    this.#origins = new Set([own.origin, ...settings.allowedOrigins]);
    this.#loopback = LOOPBACK.includes(settings.host) || settings.host === '::1';
  }

  /**
   * The reason to refuse a request; undefined to let it in.
   *
   * @param ofAnyOrigin whether whoever answers has rules of its own for pages of other origins.
   */
  refusal(request: IncomingMessage, ofAnyOrigin = false): Fault | undefined {
    // Node takes an absolute-form target and two Host headers; both let two readers see different requests.
    if (!request.url?.startsWith('/')) return fault('request_malformed', { say: 'The request target must be a path' });
    if (!isDecodable(request.url)) return fault('request_malformed', { say: 'The request target cannot be decoded' });
    const repeated = repeatedHeader(request);
    if (repeated) return fault('request_malformed', { say: `The header ${repeated} may stand only once` });
    if (!this.#isServed(request.headers.host)) return hostFault(request.headers.host);
    const { origin } = request.headers;
    if (!ofAnyOrigin && origin !== undefined && !this.isAllowedOrigin(origin)) return fault('origin_refused', { detail: { origin } });
    return undefined;
  }

  /** True for an origin on the list, our own, or, while we listen on loopback only, any loopback origin. */
  isAllowedOrigin(origin: string): boolean {
    if (this.#origins.has(origin)) return true;
    if (!this.#loopback || !URL.canParse(origin)) return false;
    const { hostname, protocol } = new URL(origin);
    return (protocol === 'http:' || protocol === 'https:') && LOOPBACK.includes(hostname);
  }

  /** CORS headers for a browser page of an allowed origin (R48–R51): the exact origin, never a wildcard. */
  corsHeaders(request: IncomingMessage): string[] {
    const { origin } = request.headers;
    if (origin === undefined) return [];
    return ['Access-Control-Allow-Origin', origin, 'Vary', 'Origin', 'Access-Control-Allow-Credentials', 'true', 'Access-Control-Expose-Headers', EXPOSED_HEADERS];
  }

  /** Answers a preflight of an allowed origin. False when the request is none. */
  answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
    const asked = request.headers['access-control-request-headers']?.split(',').map((name) => name.trim()) ?? [];
    // Parameters that travel as headers have names of their own (2026-07-28, `Mcp-Param-*`).
    const parameters = asked.filter((name) => /^mcp-param-[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name));
    response.writeHead(204, [
      ...this.corsHeaders(request), 'Access-Control-Allow-Methods', 'GET, POST, DELETE, OPTIONS',
      'Access-Control-Allow-Headers', [ALLOWED_HEADERS, ...parameters].join(', '), 'Access-Control-Max-Age', '86400',
    ]).end();
    return true;
  }

  #isServed(host: string | undefined): boolean {
    // Nearly all requests of a connection name the same host.
    if (host !== undefined && host === this.#lastServed) return true;
    const served = this.#isListed(host);
    if (served) this.#lastServed = host;
    return served;
  }

  #isListed(host: string | undefined): boolean {
    const [, name, port] = HOST.exec(host ?? '') ?? [];
    if (name === undefined || Number(port ?? 0) > MAX_PORT) return false;
    const lower = name.toLowerCase();
    return this.#hosts.has(lower) || (port !== undefined && this.#hosts.has(`${lower}:${port}`));
  }
}

// What decodes for nobody is refused here, before a router quotes it in words of its own.
function isDecodable(target: string): boolean {
  if (!target.includes('%')) return true;
  const [path = ''] = target.split('?');
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function hostFault(host: string | undefined): Fault {
  return host !== undefined && HOST.test(host) ? fault('host_refused', { detail: { host } }) : fault('request_malformed', { say: 'The Host header is missing or malformed' });
}

// Node keeps the first or joins all of a repeated header: two readers of one request must not differ.
function repeatedHeader({ rawHeaders, headers }: IncomingMessage): string | undefined {
  if (rawHeaders.length === 2 * Object.keys(headers).length) return undefined;
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (SINGLE.has(name) && seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
