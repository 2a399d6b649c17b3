/** At most so many calls and subscriptions of one caller at a time (reliability row D10). */
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { Limits } from '../limits/limits.service.js';
import { ownerKey, type Caller } from '../protocol/caller.js';
import { fault } from '../protocol/faults.js';
import { stringAt } from '../protocol/json.js';
import type { Request } from '../protocol/message.js';

const RETRY_AFTER_SECONDS = 1;
const WORK = new Set(['tools/call', 'resources/read', 'prompts/get', 'completion/complete']);

/** True for requests that do work; the handshake, housekeeping and lists from memory are never in the way. */
export function isWork({ method }: { method: string }): boolean {
  return WORK.has(method);
}

/** Counts work against the limits of the minute; undefined where there are none. Throws `calls_too_often`. */
export function countCalls(limits: Limits, caller: Caller, requests: readonly Request[]): Promise<void> | undefined {
  return limits.countsCalls ? limits.calls(caller, requests.filter(isWork).map(({ method, params }) => stringAt(params, 'name') ?? method)) : undefined;
}

@Injectable()
export class CallLimit {
  /** One entry for each caller with a running call. */
  readonly #running = new Map<string, number>();
  /** One entry for each caller with an open `subscriptions/listen`. */
  readonly #listening = new Map<string, number>();

  constructor(private readonly settings: Settings) {}

  /** Throws `calls_too_many` where `count` more would be too many. */
  assertRoom(caller: Caller, count: number): void {
    const running = this.#running.get(ownerKey(caller)) ?? 0;
    if (running + count > this.settings.maxCallsPerCaller) throw fault('calls_too_many', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** Counts a call until the returned function is called, once. Throws `calls_too_many`. */
  enter(caller: Caller): () => void {
    this.assertRoom(caller, 1);
    return count(this.#running, ownerKey(caller));
  }

  /** Counts a subscription until the returned function is called, once. Throws `calls_too_many`; it is bounded as sessions are. */
  listen(caller: Caller): () => void {
    if ((this.#listening.get(ownerKey(caller)) ?? 0) >= this.settings.maxSessionsPerCaller) throw fault('calls_too_many', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    return count(this.#listening, ownerKey(caller));
  }
}

function count(counts: Map<string, number>, key: string): () => void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
  return () => {
    const left = (counts.get(key) ?? 1) - 1;
    if (left > 0) counts.set(key, left);
    else counts.delete(key);
  };
}
