/** Writes down every message a client receives, byte for byte as the wire had it, with the request it answers. */
import type { FetchLike } from '@modelcontextprotocol/client';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { wireMessage, type WireMessage } from './mcp-wire.js';

/** A message of the server. */
export interface Recorded {
  message: WireMessage;
  /** Of the request it answers; undefined for what answers nothing. */
  method: string | undefined;
}

export class Recorder {
  readonly messages: Recorded[] = [];
  readonly #methods = new Map<unknown, string>();
  readonly #reading = new Set<Promise<void>>();

  /** A fetch for an official transport. */
  readonly fetch: FetchLike = async (url, init) => {
    if (typeof init?.body === 'string') this.sent(JSON.parse(init.body));
    const response = await fetch(url, init);
    const type = response.headers.get('content-type') ?? '';
    if (type.startsWith('application/json') || type.startsWith('text/event-stream')) {
      const copy = response.clone();
      const reading = (type.startsWith('text/event-stream') ? this.#readStream(copy) : this.#readBody(copy)).finally(() => this.#reading.delete(reading));
      this.#reading.add(reading);
    }
    return response;
  };

  /** Notes what the client says, to know later what an answer answers. */
  sent(body: unknown): void {
    for (const message of [body].flat()) {
      const { id, method } = wireMessage.parse(message);
      if (id !== undefined && method !== undefined) this.#methods.set(id, method);
    }
  }

  /** Notes what the server says. */
  received(text: string): void {
    for (const raw of [JSON.parse(text)].flat()) {
      const message = wireMessage.parse(raw);
      this.messages.push({ message, method: message.method === undefined ? this.#methods.get(message.id) : undefined });
    }
  }

  /** Resolves once every stream has been read to its end. */
  async finished(): Promise<void> {
    await Promise.all(this.#reading);
  }

  /** The methods of server messages and the methods that were answered: what a tour has covered. */
  get covered(): Set<string> {
    return new Set(this.messages.map(({ message, method }) => message.method ?? `${method} ${message.error ? 'error' : message.result?.['resultType'] === 'input_required' ? 'round' : 'result'}`));
  }

  async #readBody(response: Response): Promise<void> {
    this.received(await response.text());
  }

  async #readStream(response: Response): Promise<void> {
    if (!response.body) return;
    try {
      for await (const { data, event } of response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) {
        if (data !== '' && (event === undefined || event === 'message')) this.received(data);
      }
    } catch {
      // The client hung up; what came before is written down.
    }
  }
}
