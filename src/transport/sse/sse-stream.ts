/** One HTTP+SSE stream: what Nest's `@Sse` writes for it, beaten while quiet, cut when nobody reads. */
import type { ServerResponse } from 'node:http';
import type { MessageEvent } from '@nestjs/common';
import type { Subscriber } from 'rxjs';
import type { Beating } from '../pulse.js';
import type { TailSink } from '../stream-tail.js';

/** How a stream is kept alive and when it counts as unread. */
export interface SseBounds {
  heartbeatMs: number;
  streamBufferBytes: number;
  streamStallMs: number;
  ssePingEvents: boolean;
}

export class SseStream implements TailSink, Beating {
  /** Nest numbers events that have no id; every event here repeats the last one instead, so that ids stay ours. */
  #lastId = '0';
  #lastBeat = performance.now();
  #stalledAt: number | undefined;

  /** @param now wall time in milliseconds since the epoch, for `ping` events. */
  constructor(
    private readonly subscriber: Subscriber<MessageEvent>, private readonly response: ServerResponse,
    private readonly bounds: SseBounds, private readonly now: () => number,
  ) {}

  get closed(): boolean {
    return this.subscriber.closed;
  }

  /** False while the connection holds more than a reader may leave unread; Nest itself cannot hold a source back. */
  get ready(): boolean {
    return !this.closed && this.response.writableLength < this.bounds.streamBufferBytes;
  }

  whenReady(callback: () => void): void {
    this.response.on('drain', callback);
  }

  /** The first event: where to post to, relative to this server (R172). */
  endpoint(address: string): void {
    this.subscriber.next({ type: 'endpoint', id: this.#lastId, data: address });
  }

  event(json: string, id: string): void {
    this.#lastId = id;
    this.subscriber.next({ type: 'message', id, data: json });
  }

  /** Ends the stream, with a hint when to come back where one is given. */
  end(retryMs?: number): void {
    if (retryMs !== undefined) this.subscriber.next({ id: this.#lastId, retry: retryMs });
    // What it has not read yet does not wait for ever: no pulse looks after a stream that has ended.
    this.response.setTimeout(this.bounds.streamStallMs, () => this.response.destroy());
    this.subscriber.complete();
  }

  cut(): void {
    this.subscriber.complete();
    this.response.destroy();
  }

  tick(at: number): void {
    this.#stalledAt = this.response.writableNeedDrain ? this.#stalledAt ?? at : undefined;
    if (this.#stalledAt !== undefined) {
      if (at - this.#stalledAt > this.bounds.streamStallMs) this.cut();
      return;
    }
    if (at - this.#lastBeat < this.bounds.heartbeatMs) return;
    this.#lastBeat = at;
    this.subscriber.next({ comment: 'heartbeat' });
    // Beside the comment, which no parser sees: clients exist that want a named event (R178), others that log it as unknown.
    if (this.bounds.ssePingEvents) this.subscriber.next({ type: 'ping', id: this.#lastId, data: new Date(this.now()).toISOString() });
  }
}
