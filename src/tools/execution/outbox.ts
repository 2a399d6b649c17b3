/** The sequence of messages of one call: filled by its handler, emptied by its transport. */
import { isFinal, type Outbound, type OutboundFinal, type OutboundInterim } from '../../protocol/message.js';

// Past this many unread messages a newer progress or log replaces the last: what is lost is news, never the answer.
const MAX_UNREAD = 10_000;

/** Ends with exactly one final message (promise P1); whatever comes after it is dropped. */
export class Outbox implements AsyncIterableIterator<Outbound> {
  readonly #unread: Outbound[] = [];
  #head = 0;
  #reader: ((result: IteratorResult<Outbound>) => void) | undefined;
  #finished = false;
  #delivered = false;

  /** True once the final message is in. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Adds a message. False when the call has already ended. */
  push(message: OutboundInterim): boolean {
    if (this.#finished) return false;
    const full = this.#unread.length - this.#head >= MAX_UNREAD;
    // Only news gives way to news: for the answer to a question somebody waits.
    if (full && message.kind === 'notification' && this.#unread.at(-1)?.kind === 'notification') this.#unread[this.#unread.length - 1] = message;
    else this.#put(message);
    return true;
  }

  /** Ends the sequence. False when it had already ended. */
  finish(message: OutboundFinal): boolean {
    if (this.#finished) return false;
    this.#finished = true;
    this.#put(message);
    return true;
  }

  #put(message: Outbound): void {
    const reader = this.#reader;
    if (!reader) {
      this.#unread.push(message);
      return;
    }
    this.#reader = undefined;
    this.#delivered ||= isFinal(message);
    reader({ value: message, done: false });
  }

  next(): Promise<IteratorResult<Outbound>> {
    const message = this.#unread[this.#head];
    if (message) {
      this.#head++;
      if (this.#head > 64 && this.#head * 2 > this.#unread.length) {
        this.#unread.splice(0, this.#head);
        this.#head = 0;
      }
      this.#delivered ||= isFinal(message);
      return Promise.resolve({ value: message, done: false });
    }
    if (this.#delivered) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  return(): Promise<IteratorResult<Outbound>> {
    this.#delivered = true;
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
