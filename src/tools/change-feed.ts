/**
 * Tells open streams that lists or resources changed, at most four times a second for each kind, and never without
 * the last state (reliability row B13).
 */
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { JsonObject } from '../protocol/message.js';

/** What changed: a list, or the content of one resource. */
export type Change = { kind: 'tools' | 'prompts' | 'resources' } | { kind: 'resource'; uri: string };

const WINDOW_MS = 250;
const MAX_PENDING = 10_000;

@Injectable()
export class ChangeFeed implements OnModuleDestroy {
  readonly #listeners = new Set<(change: Change) => void>();
  /** One entry for each change announced within the window; the value says whether it came again meanwhile. */
  readonly #recent = new Map<string, { change: Change; again: boolean; timer: NodeJS.Timeout }>();

  /** Calls back on each announcement until the returned function is called. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Announces a change now, or at the end of the window where the same change was announced just before. */
  announce(change: Change): void {
    if (this.#listeners.size === 0) return;
    const key = change.kind === 'resource' ? `resource ${change.uri}` : change.kind;
    const recent = this.#recent.get(key);
    if (recent) {
      recent.again = true;
      return;
    }
    if (this.#recent.size < MAX_PENDING) {
      const timer = setTimeout(() => this.#close(key), WINDOW_MS).unref();
      this.#recent.set(key, { change, again: false, timer });
    }
    this.#tell(change);
  }

  #close(key: string): void {
    const recent = this.#recent.get(key);
    this.#recent.delete(key);
    if (recent?.again) this.announce(recent.change);
  }

  #tell(change: Change): void {
    for (const listener of this.#listeners) listener(change);
  }

  onModuleDestroy(): void {
    for (const { timer } of this.#recent.values()) clearTimeout(timer);
    this.#recent.clear();
    this.#listeners.clear();
  }
}

/** The notification that tells of a change, the same on every revision. */
export function notificationOf(change: Change): { method: string; params: JsonObject } {
  return change.kind === 'resource'
    ? { method: 'notifications/resources/updated', params: { uri: change.uri } }
    : { method: `notifications/${change.kind}/list_changed`, params: {} };
}
