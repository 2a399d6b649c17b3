/** What runs in this process for one session: its calls, and the questions that wait for its client. */
import type { Cancellation, CancelReason } from '../protocol/cancellation.js';
import { fault } from '../protocol/faults.js';
import type { OutboundQuestion, Reply, RequestId } from '../protocol/message.js';

type Key = string;

export class Traffic {
  readonly #calls = new Map<Key, Cancellation>();
  readonly #questions = new Map<Key, (reply: Reply) => void>();
  #asked = 0;

  #prefix: string | undefined;

  /** @param makePrefix what makes the ids of questions unique among the processes that serve the session; most calls ask nothing. */
  constructor(private readonly makePrefix: () => string) {}

  /** True when nothing runs and nobody is waited for. */
  get idle(): boolean {
    return this.#calls.size === 0 && this.#questions.size === 0;
  }

  /** Throws `id_in_use` when one of the ids is taken, or stands twice among them. */
  assertFree(ids: readonly RequestId[]): void {
    const keys = ids.map(keyOf);
    if (new Set(keys).size < keys.length || keys.some((key) => this.#calls.has(key))) throw fault('id_in_use');
  }

  /** Registers a call. Throws `id_in_use` while another with the same id runs (base protocol, "Requests"). */
  begin(id: RequestId, cancellation: Cancellation): void {
    const key = keyOf(id);
    if (this.#calls.has(key)) throw fault('id_in_use');
    this.#calls.set(key, cancellation);
  }

  finish(id: RequestId): void {
    this.#calls.delete(keyOf(id));
  }

  /** Cancels a call of the client's; nothing happens for an unknown or finished one. */
  cancel(id: RequestId): void {
    this.#calls.get(keyOf(id))?.cancel('caller');
  }

  /** Gives a question the id under which its reply will come. */
  ask(question: OutboundQuestion): RequestId {
    this.#prefix ??= this.makePrefix();
    const id = `${this.#prefix}-${++this.#asked}`;
    this.#questions.set(keyOf(id), question.settle);
    return id;
  }

  /** Passes a reply on, once. False when nobody waits for it. */
  settle(id: RequestId, reply: Reply): boolean {
    const key = keyOf(id);
    const settle = this.#questions.get(key);
    this.#questions.delete(key);
    settle?.(reply);
    return settle !== undefined;
  }

  /** Stops waiting for replies to these questions. */
  forgetQuestions(ids: readonly RequestId[]): void {
    for (const id of ids) this.#questions.delete(keyOf(id));
  }

  /** Nobody will answer any more: questions fail, calls go on (a drop is not a cancellation, promise P2). */
  abandon(): void {
    for (const settle of this.#questions.values()) settle({ error: { code: -32000, message: 'The client has gone' } });
    this.#questions.clear();
  }

  /** Cancels everything. */
  end(reason: CancelReason): void {
    for (const cancellation of this.#calls.values()) cancellation.cancel(reason);
    this.#calls.clear();
    this.#questions.clear();
  }
}

// 1 and "1" are different ids.
function keyOf(id: RequestId): Key {
  return typeof id === 'string' ? `s${id}` : `n${id}`;
}
