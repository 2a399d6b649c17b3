/** What a client is told of its quota (draft-ietf-httpapi-ratelimit-headers-11): the policy, and what is left of it (R41). */
import type { RateRule, Taken } from './rate-counter.port.js';

/** Names and values, one after the other, as `writeHead` takes them. Windows and resets in whole seconds. */
export function quotaHeaders({ name, most, windowMs }: RateRule, { left, resetMs }: Taken): string[] {
  return ['RateLimit-Policy', `"${name}";q=${most};w=${Math.ceil(windowMs / 1000)}`, 'RateLimit', `"${name}";r=${left};t=${secondsUntil(resetMs)}`];
}

/** Never too early: who comes back then is let in. */
export function secondsUntil(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
