/** How a call asks its client something: pushed on the wire and awaited, or returned as a round (MRTR). */
import { IntrinsicException } from '@nestjs/common';
import { fault } from '../../protocol/faults.js';
import { isObject } from '../../protocol/json.js';
import type { JsonObject, JsonValue } from '../../protocol/message.js';
import type { Outbox } from './outbox.js';
import type { RoundState } from './request-state.js';
import type { Run } from './run.js';

/** A server-to-client request. */
export interface Question<T> {
  key: string;
  method: string;
  params: JsonObject;
  /** The usable answer in a reply's `result`; undefined for one that is malformed. */
  read(result: JsonObject): T | undefined | Promise<T | undefined>;
}

export interface Interaction {
  ask<T>(question: Question<T>): Promise<T>;
  step<T>(name: string, work: () => T | Promise<T>): Promise<T>;
}

/**
 * Thrown into a handler whose answers are still missing: it ends this run, and the handler starts anew next round.
 * Intrinsic: Nest does not log it, since nothing went wrong.
 */
export class Suspension extends IntrinsicException {}

/** For wires that carry server-to-client requests (revisions up to 2025-11-25). */
export class PushInteraction implements Interaction {
  readonly #steps = new Set<string>();
  readonly #keys = new Set<string>();

  constructor(private readonly outbox: Outbox, private readonly run: Run, private readonly timeoutMs: number) {}

  ask<T>(question: Question<T>): Promise<T> {
    return unwatched(this.#ask(question));
  }

  async #ask<T>(question: Question<T>): Promise<T> {
    claimKey(this.#keys, question);
    const result = await this.#reply(question);
    const answer = await question.read(result);
    if (answer === undefined) throw fault('client_failed', { say: `The client's answer to ${question.method} is malformed` });
    return answer;
  }

  #reply(question: Question<unknown>): Promise<JsonObject> {
    this.run.pause();
    return new Promise<JsonObject>((resolve, reject) => {
      const timer = setTimeout(() => reject(fault('client_failed', { say: `The client did not answer ${question.method} in time` })), this.timeoutMs);
      this.run.cancellation.onCancel(() => {
        clearTimeout(timer);
        reject(fault('call_cancelled'));
      });
      const sent = this.outbox.push({
        kind: 'question', method: question.method, params: question.params,
        settle: (reply) => {
          clearTimeout(timer);
          if ('result' in reply) resolve(reply.result);
          else reject(fault('client_failed', { detail: reply.error }));
        },
      });
      if (sent) return;
      clearTimeout(timer);
      reject(fault('call_cancelled'));
    }).finally(() => this.run.resume());
  }

  async step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    claimStep(this.#steps, name);
    return work();
  }
}

/** For 2026-07-28: answers and steps of earlier rounds are replayed, the first missing answer ends the round. */
export class RoundInteraction implements Interaction {
  readonly #steps = new Set<string>();
  readonly #keys = new Set<string>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #pending = new Map<string, { question: Question<unknown>; reject: (reason: Suspension) => void }>();
  #over = false;
  /** Called when the round ends with questions, before the handler learns of it. */
  onSuspended: () => void = () => undefined;

  /** @param state what earlier rounds yielded; grows with this one. @param replies the client's fresh replies. */
  constructor(readonly state: RoundState, private readonly replies: JsonObject) {}

  /** The questions this round ends with, by key, as `inputRequests`. */
  get questions(): JsonObject {
    const requests: JsonObject = {};
    for (const [key, { question }] of this.#pending) requests[key] = { method: question.method, params: question.params };
    return requests;
  }

  ask<T>(question: Question<T>): Promise<T> {
    return unwatched(this.#ask(question));
  }

  async #ask<T>(question: Question<T>): Promise<T> {
    this.#refuseAfterEnd();
    claimKey(this.#keys, question);
    const reply = this.state.answers[question.key] ?? this.replies[question.key];
    const answer = isObject(reply) ? await question.read(reply) : undefined;
    if (answer !== undefined && isObject(reply)) {
      this.state.answers[question.key] = reply;
      return answer;
    }
    this.#refuseAfterEnd();
    return new Promise<T>((_resolve, reject) => {
      if (this.#pending.size === 0) setImmediate(() => void this.#suspend());
      this.#pending.set(question.key, { question, reject });
    });
  }

  async step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    this.#refuseAfterEnd();
    claimStep(this.#steps, name);
    const key = `step ${name}`;
    const kept = this.state.steps[key];
    // What is kept was printed from this very step's T; JSON has no types to check it by.
    if (Array.isArray(kept)) return kept[0] as T;
    const running = Promise.resolve().then(work);
    this.#running.add(running);
    try {
      const result = await running;
      const text = JSON.stringify([result ?? null]);
      const copy: JsonValue = JSON.parse(text);
      this.state.steps[key] = copy;
      return result;
    } finally {
      this.#running.delete(running);
    }
  }

  // Questions asked side by side go out in one round; a step that runs beside them is finished first, so that its
  // effect is remembered.
  async #suspend(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running);
    this.#over = true;
    this.onSuspended();
    for (const { reject } of this.#pending.values()) reject(new Suspension());
  }

  #refuseAfterEnd(): void {
    if (this.#over) throw new Suspension();
  }
}

function claimStep(names: Set<string>, name: string): void {
  if (names.has(name)) throw new Error(`Two steps of one call are named ${name}`);
  names.add(name);
}

// The second would be answered with the reply to the first.
function claimKey(keys: Set<string>, { key }: Question<unknown>): void {
  if (keys.has(key)) throw new Error(`Two questions of one call have the key ${key}`);
  keys.add(key);
}

// A handler may ask and not wait. That its call ended meanwhile must not end the process as an unhandled rejection.
function unwatched<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
