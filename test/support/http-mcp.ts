/** Says MCP over HTTP by hand, for tests that look at the wire: ordinary requests, sessions, and 2026-07-28 requests. */
import { request, type IncomingHttpHeaders } from 'node:http';
import { within } from './http-deadline.js';
import { EventStream } from './http-event-stream.js';
import type { RpcMessage } from './rpc-message.js';

export type { RpcMessage } from './rpc-message.js';

/** An HTTP response with its whole body. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** What to send; `json` is encoded, `body` goes as it is. */
export interface Sending {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  json?: unknown;
}

export const accepted = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' } as const;

/** Sends one request on a connection of its own. */
export function send(url: string, { method = 'POST', headers = {}, body, json }: Sending = {}): Promise<Reply> {
  const payload = json === undefined ? body : JSON.stringify(json);
  return within(`the reply to ${method} ${url}`, new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }));
    });
    sent.on('error', reject);
    sent.end(payload);
  }));
}

/** The JSON-RPC message of a body. Throws where the body is none. */
export function rpc(reply: { text: string } | { body: string }): RpcMessage {
  const message: RpcMessage = JSON.parse('text' in reply ? reply.text : reply.body);
  return message;
}

/** A session of revisions 2025-03-26 to 2025-11-25, as a client holds it. */
export class McpSession {
  private constructor(readonly url: string, readonly id: string, readonly revision: string) {}

  static async open(base: string, revision = '2025-11-25'): Promise<McpSession> {
    const reply = await initialize(base, revision);
    const id = reply.headers['mcp-session-id'];
    if (reply.status !== 200 || typeof id !== 'string') throw new Error(`initialize was answered ${reply.status}: ${reply.text}`);
    await send(`${base}/mcp`, { headers: { ...accepted, 'mcp-session-id': id }, json: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    return new McpSession(`${base}/mcp`, id, revision);
  }

  /** The same session by another way, such as a proxy. */
  through(base: string): McpSession {
    return new McpSession(`${base}/mcp`, this.id, this.revision);
  }

  get headers(): Record<string, string> {
    return { ...accepted, 'mcp-session-id': this.id, 'mcp-protocol-version': this.revision };
  }

  post(json: unknown, headers: Record<string, string> = {}): Promise<Reply> {
    return send(this.url, { headers: { ...this.headers, ...headers }, json });
  }

  call(id: string | number, method: string, params: object = {}): Promise<Reply> {
    return this.post({ jsonrpc: '2.0', id, method, params });
  }

  callTool(id: string | number, name: string, args: object = {}): Promise<Reply> {
    return this.call(id, 'tools/call', { name, arguments: args });
  }

  /** Calls a tool whose answer comes as a stream. */
  streamTool(id: string | number, name: string, args: object = {}): Promise<EventStream> {
    const params = { name, arguments: args, _meta: { progressToken: id } };
    return EventStream.open(this.url, { method: 'POST', headers: this.headers, body: JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }) });
  }

  /** Opens the stream for announcements, or with a place one that was lost. */
  listen(lastEventId?: string): Promise<EventStream> {
    const { 'content-type': _none, ...headers } = this.headers;
    const from = lastEventId === undefined ? undefined : { 'last-event-id': lastEventId };
    return EventStream.open(this.url, { headers: { ...headers, accept: 'text/event-stream', ...from } });
  }

  end(): Promise<Reply> {
    return send(this.url, { method: 'DELETE', headers: { 'mcp-session-id': this.id, 'mcp-protocol-version': this.revision } });
  }
}

export function initialize(base: string, revision = '2025-11-25', headers: Record<string, string> = {}): Promise<Reply> {
  const params = { protocolVersion: revision, capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  return send(`${base}/mcp`, { headers: { ...accepted, ...headers }, json: { jsonrpc: '2.0', id: 'open', method: 'initialize', params } });
}

const NAMED: Readonly<Record<string, string>> = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' };

/** Headers and body of a request of revision 2026-07-28. */
export function perRequest(id: string | number, method: string, params: Record<string, unknown> = {}): { headers: Record<string, string>; json: RpcMessage } {
  const name = params[NAMED[method] ?? ''];
  const named = typeof name === 'string' ? { 'mcp-name': name } : undefined;
  const given = typeof params['_meta'] === 'object' ? params['_meta'] : undefined;
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
    ...given,
  };
  return {
    headers: { ...accepted, 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...named },
    json: { jsonrpc: '2.0', id, method, params: { ...params, _meta } },
  };
}

/** Opens the answer to a 2026-07-28 request as a stream. */
export function streamPerRequest(base: string, id: string | number, method: string, params: Record<string, unknown> = {}): Promise<EventStream> {
  const { headers, json } = perRequest(id, method, params);
  return EventStream.open(`${base}/mcp`, { method: 'POST', headers, body: JSON.stringify(json) });
}
