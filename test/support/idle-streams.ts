/** Streams that are opened and then only listened to, as cheap for the client as can be: ten thousand fit into one process. */
import { get, request, type IncomingMessage, type RequestOptions } from 'node:http';
import { McpSession, perRequest } from './http-mcp.js';

/** An open stream and when its heartbeats came, in milliseconds of `performance.now()`. */
export interface IdleStream {
  readonly beats: number[];
  /** True once it is over, whoever ended it. */
  readonly isEnded: boolean;
  close(): void;
}

const BEAT = ': heartbeat';

/**
 * Opens one of three kinds in turn: announcements of a session, `subscriptions/listen`, HTTP+SSE.
 *
 * @param localAddress the address to come from, where it is not any.
 */
export async function idleStream(url: string, index: number, localAddress?: string): Promise<IdleStream> {
  const response = await open(url, index, localAddress === undefined ? { agent: false } : { agent: false, localAddress });
  if (response.statusCode !== 200) throw new Error(`A stream was answered ${response.statusCode}`);
  const beats: number[] = [];
  response.on('data', (chunk: Buffer) => {
    if (chunk.includes(BEAT)) beats.push(performance.now());
  });
  // How it ends does not matter, but that it did.
  response.on('error', () => undefined);
  return { beats, get isEnded() { return response.closed; }, close: () => response.destroy() };
}

async function open(url: string, index: number, options: RequestOptions): Promise<IncomingMessage> {
  switch (index % 3) {
    case 0: {
      const { id, revision } = await McpSession.open(url);
      return head((take) => get(`${url}/mcp`, { ...options, headers: { accept: 'text/event-stream', 'mcp-session-id': id, 'mcp-protocol-version': revision } }, take));
    }
    case 1: {
      const { headers, json } = perRequest(index, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
      return head((take) => request(`${url}/mcp`, { method: 'POST', ...options, headers }, take).end(JSON.stringify(json)));
    }
    default: return head((take) => get(`${url}/sse`, { ...options, headers: { accept: 'text/event-stream' } }, take));
  }
}

function head(send: (take: (response: IncomingMessage) => void) => ReturnType<typeof request>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    send(resolve).once('error', reject);
  });
}
