/** Writes an event stream to a response: primed at once, beaten while quiet, cut when its reader stops reading. */
import type { ServerResponse } from 'node:http';
import { comment, jsonFrame } from '../../protocol/sse-frame.js';
import type { Beating, Pulse } from '../pulse.js';

/** When a stream counts as unread (reliability, "Numbers"). */
export interface StreamBounds {
  heartbeatMs: number;
  streamBufferBytes: number;
  streamBufferMessages: number;
  streamStallMs: number;
}

/** Why a stream was cut: too many bytes or messages unread, unread for too long, or messages no longer held. */
export type CutReason = 'bytes' | 'messages' | 'stall' | 'gap';

const HEARTBEAT = comment('heartbeat');

export class StreamWriter implements Beating {
  #batch = '';
  #scheduled = false;
  #lastWrite = performance.now();
  #stalledAt: number | undefined;
  #unread = 0;
  #closed = false;
  #onReady: (() => void) | undefined;

  /** @param onClose called once when the stream is over, whoever ended it; with a reason when it was cut. */
  constructor(
    private readonly response: ServerResponse, private readonly bounds: StreamBounds, private readonly pulse: Pulse,
    private readonly onClose: (cut?: CutReason) => void,
  ) {
    response.on('close', () => this.#over());
    response.on('drain', () => {
      this.#stalledAt = undefined;
      this.#unread = 0;
      this.#onReady?.();
    });
    pulse.add(this);
  }

  /** Sends the head with its first event or comment, so that no proxy and no client waits for the first byte. */
  open(headers: readonly string[], first: string): void {
    this.response.writeHead(200, [
      'Content-Type', 'text/event-stream', 'Cache-Control', 'no-cache, no-transform', 'Connection', 'keep-alive',
      'X-Accel-Buffering', 'no', 'X-Content-Type-Options', 'nosniff', ...headers,
    ]);
    this.write(first);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** False while the reader lags: a source that can wait should. */
  get ready(): boolean {
    return !this.#closed && this.#stalledAt === undefined;
  }

  /** Calls back each time the reader has caught up. */
  whenReady(callback: () => void): void {
    this.#onReady = callback;
  }

  /** Adds one frame; frames of one tick leave in one write. */
  write(frame: string): void {
    if (this.#closed) return;
    this.#batch += frame;
    if (this.#stalledAt !== undefined && ++this.#unread > this.bounds.streamBufferMessages) return this.cut('messages');
    if (this.#batch.length + this.response.writableLength > this.bounds.streamBufferBytes && this.#stalledAt !== undefined) return this.cut('bytes');
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.#flush());
  }

  /** Adds one message with its id. */
  event(json: string, id: string): void {
    this.write(jsonFrame(json, id));
  }

  /** Ends the stream after what was written. */
  end(): void {
    if (this.#closed) return;
    this.#flush();
    // Progress of the socket counts, not time alone: Node looks whether the kernel took anything meanwhile.
    this.response.setTimeout(this.bounds.streamStallMs, () => this.response.destroy());
    this.response.end();
    this.#over();
  }

  /** Drops the connection: the reader gets no more. */
  cut(reason: CutReason): void {
    if (this.#closed) return;
    this.#over(reason);
    this.response.destroy();
  }

  tick(now: number): void {
    if (this.#stalledAt !== undefined) {
      if (now - this.#stalledAt > this.bounds.streamStallMs) this.cut('stall');
    } else if (now - this.#lastWrite >= this.bounds.heartbeatMs) this.write(HEARTBEAT);
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#closed || this.#batch === '') return;
    const batch = this.#batch;
    this.#batch = '';
    this.#lastWrite = performance.now();
    if (!this.response.write(batch)) this.#stalledAt ??= this.#lastWrite;
  }

  #over(reason?: CutReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.pulse.delete(this);
    this.onClose(reason);
  }
}
