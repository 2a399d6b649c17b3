/** Writes a logged stream to one reader, from a place on: the same path for a fresh stream and a resumed one. */
import type { EventLog, Position, StreamName } from '../sessions/event-log.port.js';
import { eventId } from './resume-point.js';

const READ_AT_ONCE = 64;

/** Where a tail writes to. */
export interface TailSink {
  readonly ready: boolean;
  readonly closed: boolean;
  whenReady(callback: () => void): void;
  /** One message with the id to come back with. */
  event(json: string, id: string): void;
  end(): void;
  cut(reason: 'gap' | 'messages'): void;
}

export class StreamTail {
  #position: Position;
  #unwatch: () => void;
  #pumping = false;
  #again = false;
  #stopped = false;
  #behind = 0;

  /** @param maxBehind how many messages may wait for a reader that lags before it is cut. */
  constructor(private readonly events: EventLog, private readonly name: StreamName, from: Position, private readonly sink: TailSink, private readonly maxBehind: number) {
    this.#position = from;
    this.#unwatch = events.watch(name, () => this.#appended());
    sink.whenReady(() => this.#wake());
    this.#wake();
  }

  /** True when the reader was given everything there is. */
  get idle(): boolean {
    return this.#stopped || !(this.#pumping || this.#again);
  }

  /** Writes no more; the stream itself goes on. */
  stop(): void {
    this.#stopped = true;
    this.#unwatch();
  }

  // What a lagging reader has not taken stands in the log, which others need too.
  #appended(): void {
    this.#behind = this.sink.ready ? 0 : this.#behind + 1;
    if (this.#behind > this.maxBehind && !this.#stopped) {
      this.stop();
      this.sink.cut('messages');
    } else this.#wake();
  }

  #wake(): void {
    this.#again = true;
    if (!this.#pumping) void this.#pump();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#again && !this.#stopped && this.sink.ready) {
      this.#again = false;
      const slice = await this.events.read(this.name, this.#position, READ_AT_ONCE);
      if (this.#stopped || this.sink.closed) break;
      // A gap may not be skipped: the reader must see the stream break (promise P3).
      if (slice.kind !== 'events') {
        this.stop();
        this.sink.cut('gap');
        break;
      }
      for (const { offset, json } of slice.events) {
        this.#position = { epoch: this.#position.epoch, offset };
        this.sink.event(json, eventId(this.name.stream, this.#position));
      }
      if (slice.ended) {
        this.stop();
        this.sink.end();
      } else if (slice.events.length === READ_AT_ONCE) this.#again = true;
    }
    this.#pumping = false;
  }
}
