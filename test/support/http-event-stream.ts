/** Reads an event stream and keeps every field of every frame, comments included, in the order of the wire. */
import { request, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { within } from './http-deadline.js';
import type { RpcMessage } from './rpc-message.js';

/** One frame: what stands between two blank lines. */
export interface StreamFrame {
  id?: string;
  event?: string;
  retry?: number;
  data?: string;
  comments: string[];
}

export interface StreamRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

export class EventStream {
  readonly frames: StreamFrame[] = [];
  #text = '';
  #pending = '';
  #ended = false;
  readonly #waiting = new Set<() => void>();

  private constructor(private readonly request: ClientRequest, private readonly response: IncomingMessage) {
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#take(chunk));
    const over = (): void => {
      this.#ended = true;
      this.#wake();
    };
    response.on('error', over);
    response.on('end', over);
    response.on('close', over);
    request.on('error', over);
  }

  /** Resolves with the head of the response, whatever its status. */
  static open(url: string, { method = 'GET', headers = {}, body }: StreamRequest = {}): Promise<EventStream> {
    return within('the head of a stream', new Promise((resolve, reject) => {
      const sent = request(url, { method, headers: { accept: 'text/event-stream', ...headers }, agent: false });
      sent.once('error', reject);
      sent.once('response', (response) => resolve(new EventStream(sent, response)));
      sent.end(body);
    }));
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.response.headers;
  }

  /** The port it comes from. */
  get port(): number {
    return this.request.socket?.localPort ?? 0;
  }

  /** The body so far. */
  get text(): string {
    return this.#text;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  /** True once the server has ended it; a stream that broke never is. */
  get isWhole(): boolean {
    return this.#ended && this.response.complete;
  }

  /** The JSON-RPC messages so far. */
  get messages(): RpcMessage[] {
    return this.frames.flatMap(messageOf);
  }

  /** The first frame for which `fits` holds, now or later. Rejects when the stream ends without one. */
  frame(what: string, fits: (frame: StreamFrame) => boolean): Promise<StreamFrame> {
    return this.#until(what, () => this.frames.find(fits));
  }

  /** The first message for which `fits` holds. */
  message(what: string, fits: (message: RpcMessage) => boolean): Promise<RpcMessage> {
    return this.#until(what, () => this.messages.find(fits));
  }

  /** The answer to the request of this id. */
  answer(id: string | number): Promise<RpcMessage> {
    return this.message(`the answer to ${id}`, (message) => message.id === id && message.method === undefined);
  }

  /** Resolves once the server has ended the stream or cut it. */
  ended(): Promise<void> {
    return within('the end of a stream', new Promise((resolve) => {
      const look = (): void => {
        if (!this.#ended) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    }));
  }

  /** Reads nothing more, so that the server's writes back up. */
  pause(): void {
    this.response.pause();
  }

  /** Goes away. */
  close(): void {
    this.request.destroy();
  }

  #until<T>(what: string, find: () => T | undefined): Promise<T> {
    return within(what, new Promise<T>((resolve, reject) => {
      const look = (): void => {
        const found = find();
        if (found === undefined && !this.#ended) return;
        this.#waiting.delete(look);
        if (found === undefined) reject(new Error(`The stream ended without ${what}: ${this.#text.slice(-500)}`));
        else resolve(found);
      };
      this.#waiting.add(look);
      look();
    }));
  }

  #take(chunk: string): void {
    this.#text += chunk;
    this.#pending += chunk;
    for (let end = this.#pending.indexOf('\n\n'); end >= 0; end = this.#pending.indexOf('\n\n')) {
      const block = this.#pending.slice(0, end);
      this.#pending = this.#pending.slice(end + 2);
      if (block.trim() !== '') this.frames.push(parseFrame(block));
    }
    this.#wake();
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }
}

function parseFrame(block: string): StreamFrame {
  const frame: StreamFrame = { comments: [] };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === '' && colon === 0) frame.comments.push(value);
    else if (name === 'data') frame.data = frame.data === undefined ? value : `${frame.data}\n${value}`;
    else if (name === 'id') frame.id = value;
    else if (name === 'event') frame.event = value;
    else if (name === 'retry') frame.retry = Number(value);
  }
  return frame;
}

function messageOf({ event = 'message', data }: StreamFrame): RpcMessage[] {
  if (event !== 'message' || !data) return [];
  const message: RpcMessage = JSON.parse(data);
  return [message];
}
