/** Speaks MCP by hand, for what no official client would say: wrong dates, batches, states of other calls, second streams. */
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { z } from 'zod';
import { Inbox } from './mcp-deadline.js';

/** One JSON-RPC message from the server. */
export const wireMessage = z.looseObject({
  jsonrpc: z.literal('2.0'),
  // The error envelope of HTTP+SSE has null (R278).
  id: z.union([z.string(), z.number()]).nullish(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
});
export type WireMessage = z.output<typeof wireMessage>;

/** A whole answer to a POST. */
export interface Answer {
  status: number;
  type: string | null;
  headers: Headers;
  text: string;
  /** Every message, from a JSON body (a batch included) or from an event stream. */
  messages: WireMessage[];
  /** The last of them. */
  last: WireMessage;
}

/** One event of a stream. */
export interface StreamEvent {
  id: string | undefined;
  event: string | undefined;
  data: string;
}

export const POST_HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' } as const;
const META = 'io.modelcontextprotocol';

/** Posts a body and reads the answer to its end. */
export async function post(url: string | URL, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', headers: { ...POST_HEADERS, ...headers }, body: JSON.stringify(body) });
  const text = await response.text();
  const messages = messagesIn(text, response.headers.get('content-type'));
  const last = messages.at(-1) ?? { jsonrpc: '2.0' };
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, text, messages, last };
}

function messagesIn(text: string, type: string | null): WireMessage[] {
  if (text === '' || type === null || type.startsWith('text/plain')) return [];
  if (!type.startsWith('text/event-stream')) return [JSON.parse(text)].flat().map((message) => wireMessage.parse(message));
  const blocks = text.split(/\r?\n\r?\n/).map((block) => block.split(/\r?\n/).filter((line) => line.startsWith('data:')).map((line) => line.slice(5).trim()).join('\n'));
  return blocks.filter((data) => data !== '').map((data) => wireMessage.parse(JSON.parse(data)));
}

/** A request of 2026-07-28, with everything its headers and its `_meta` must say. */
export function modernRequest(method: string, params: Record<string, unknown>, capabilities: object = { elicitation: {} }): { body: object; headers: Record<string, string> } {
  const _meta = { [`${META}/protocolVersion`]: '2026-07-28', [`${META}/clientCapabilities`]: capabilities, [`${META}/clientInfo`]: { name: 'by-hand', version: '1.0.0' } };
  const name = params['name'] ?? params['uri'];
  return {
    body: { jsonrpc: '2.0', id: crypto.randomUUID(), method, params: { ...params, _meta } },
    headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': method, ...(typeof name === 'string' ? { 'mcp-name': name } : {}) },
  };
}

/** Sends a request of 2026-07-28. */
export function postModern(url: string, method: string, params: Record<string, unknown>, capabilities?: object): Promise<Answer> {
  const { body, headers } = modernRequest(method, params, capabilities);
  return post(new URL('/mcp', url), body, headers);
}

/** The `initialize` of any date. */
export function initializeOf(protocolVersion: string, capabilities: object = {}): object {
  return { jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion, capabilities, clientInfo: { name: 'by-hand', version: '1.0.0' } } };
}

/** A session on `/mcp`, by hand. */
export interface RawSession {
  id: string;
  revision: string;
  headers: Record<string, string>;
  post(body: unknown): Promise<Answer>;
  /** Opens a stream, new or from an event on. */
  listen(lastEventId?: string): Promise<RawStream>;
}

export async function openSession(url: string, revision: string, capabilities: object = {}): Promise<RawSession> {
  const endpoint = new URL('/mcp', url);
  const opened = await post(endpoint, initializeOf(revision, capabilities));
  const id = opened.headers.get('mcp-session-id') ?? '';
  const headers = { 'mcp-session-id': id, 'mcp-protocol-version': revision };
  await post(endpoint, { jsonrpc: '2.0', method: 'notifications/initialized' }, headers);
  return {
    id, headers, revision: String(opened.last.result?.['protocolVersion']),
    post: (body) => post(endpoint, body, headers),
    listen: (lastEventId) => openStream(endpoint, { ...headers, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) }),
  };
}

/** An event stream, read as it comes. */
export interface RawStream {
  status: number;
  events: Inbox<StreamEvent>;
  /** Resolves when the server has ended it or it broke. */
  ended: Promise<'ended' | 'broken'>;
  close(): void;
}

/** Opens a stream with GET, or with POST where there is a body. */
export async function openStream(url: string | URL, headers: Record<string, string> = {}, body?: unknown): Promise<RawStream> {
  const controller = new AbortController();
  const response = await fetch(url, body === undefined
    ? { headers: { accept: 'text/event-stream', ...headers }, signal: controller.signal }
    : { method: 'POST', headers: { ...POST_HEADERS, ...headers }, body: JSON.stringify(body), signal: controller.signal });
  const events = new Inbox<StreamEvent>();
  return { status: response.status, events, ended: readAll(response, events), close: () => controller.abort() };
}

async function readAll(response: Response, events: Inbox<StreamEvent>): Promise<'ended' | 'broken'> {
  if (!response.body) return 'ended';
  try {
    const parsed = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { id, event, data } of parsed) events.put({ id, event, data });
    return 'ended';
  } catch {
    return 'broken';
  }
}

/** The message in an event. */
export function messageIn({ data }: StreamEvent): WireMessage {
  return wireMessage.parse(JSON.parse(data));
}
