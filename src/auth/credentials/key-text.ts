/** The text of a key, `gh_<id>_<secret>`, and the hash that is kept of it (reliability rows E13, E14). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../protocol/clock.js';

/** A key taken apart. */
export interface KeyText {
  readonly id: string;
  readonly secret: string;
}

const KEY = /^gh_([a-z2-7]{16})_([\w-]{43})$/;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** Undefined for what is no key of ours. */
export function readKey(text: string): KeyText | undefined {
  const [, id, secret] = KEY.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

export function printKey({ id, secret }: KeyText): string {
  return `gh_${id}_${secret}`;
}

/** 80 bits: found by it, never secret. */
export function newKeyId(random: Random): string {
  return Array.from(random.bytes(16), (byte) => ALPHABET[byte % 32]).join('');
}

/** 256 bits. */
export function newKeySecret(random: Random): string {
  return random.bytes(32).toString('base64url');
}

/** What is kept. Bound to the id, so that hashes cannot be moved from one key to another. */
export function hashOfKey(pepper: Uint8Array, { id, secret }: KeyText): Buffer {
  return createHmac('sha256', pepper).update(`${id}\n${secret}`).digest();
}

/** What is compared with where there is nothing to compare with: no HMAC is this. */
export const NO_HASH = new Uint8Array(32);

/** True when the hash is one of those given; takes the same time whichever it is. */
export function isOneOf(hash: Uint8Array, kept: readonly Uint8Array[]): boolean {
  let found = 0;
  // Without a branch that depends on the outcome.
  for (const one of kept) found |= Number(timingSafeEqual(hash, one));
  return found === 1;
}
