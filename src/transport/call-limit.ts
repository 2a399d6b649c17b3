/** At most so many calls of one caller at a time (reliability row D10). */
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { ownerKey, type Caller } from '../protocol/caller.js';
import { fault } from '../protocol/faults.js';

const RETRY_AFTER_SECONDS = 1;
const WORK = new Set(['tools/call', 'resources/read', 'prompts/get', 'completion/complete']);

/** True for requests that do work; the handshake, housekeeping and lists from memory are never in the way. */
export function isWork({ method }: { method: string }): boolean {
  return WORK.has(method);
}

@Injectable()
export class CallLimit {
  /** One entry for each caller with a running call. */
  readonly #running = new Map<string, number>();

  constructor(private readonly settings: Settings) {}

  /** Throws `calls_too_many` where `count` more would be too many. */
  assertRoom(caller: Caller, count: number): void {
    const running = this.#running.get(ownerKey(caller)) ?? 0;
    if (running + count > this.settings.maxCallsPerCaller) throw fault('calls_too_many', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  /** Counts a call until the returned function is called, once. Throws `calls_too_many`. */
  enter(caller: Caller): () => void {
    this.assertRoom(caller, 1);
    const key = ownerKey(caller);
    this.#running.set(key, (this.#running.get(key) ?? 0) + 1);
    return () => {
      const left = (this.#running.get(key) ?? 1) - 1;
      if (left > 0) this.#running.set(key, left);
      else this.#running.delete(key);
    };
  }
}
