/**
 * Remembers verdicts, so that a credential is verified once and not with each request. An entry dies with the credential,
 * with any revocation, after a while, and when there are too many. Credentials themselves are not kept, only their hashes.
 */
import { hash } from 'node:crypto';
import type { Verified } from './verified.js';

interface Entry {
  verified: Verified;
  generation: number;
  diesAt: number;
}

/** Bounds of the cache. */
export interface CacheBounds {
  entries: number;
  ageMs: number;
}

export class CredentialCache {
  // In order of arrival; a hit does not move an entry, since it would die soon anyway.
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly bounds: CacheBounds) {}

  /** What a credential is remembered by. */
  static keyOf(text: string): string {
    return hash('sha256', text, 'base64url');
  }

  /** The verdict, where it is still good at this moment and generation. */
  find(key: string, generation: number, now: number): Verified | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (entry.generation === generation && now < entry.diesAt) return entry.verified;
    this.#entries.delete(key);
    return undefined;
  }

  /** @param generation as it was before the credential was looked at: what was revoked meanwhile makes the verdict stale. */
  add(key: string, verified: Verified, generation: number, now: number): void {
    const age = Math.min(this.bounds.ageMs, verified.rememberMs ?? this.bounds.ageMs);
    const diesAt = Math.min(now + age, verified.expiresAt ?? Infinity);
    if (diesAt <= now) return;
    this.#entries.delete(key);
    this.#entries.set(key, { verified, generation, diesAt });
    if (this.#entries.size > this.bounds.entries) this.#dropOldest();
  }

  clear(): void {
    this.#entries.clear();
  }

  get size(): number {
    return this.#entries.size;
  }

  #dropOldest(): void {
    for (const key of this.#entries.keys()) {
      this.#entries.delete(key);
      return;
    }
  }
}
