/** Who sends a request: the one value that auth, sessions and tools share. */

/** A proven identity, or the anonymous caller of an open door. */
export interface Caller {
  kind: 'anonymous' | 'user' | 'client' | 'key';
  /** Who vouches for the subject: an issuer URL, or `local`. */
  issuer: string;
  /** Stable within the issuer. */
  subject: string;
  /** The OAuth client or key that acts for the subject. */
  client: string;
  scopes: readonly string[];
  roles: readonly string[];
  tenant: string;
}

/** The caller of a server that runs without authentication on loopback. */
export const anonymous: Caller = Object.freeze({
  kind: 'anonymous', issuer: 'local', subject: 'anonymous', client: 'anonymous',
  scopes: Object.freeze([]), roles: Object.freeze(['admin']), tenant: 'default',
});

/** Who sends a request without a credential to a server that offers some things to everyone; the door tells them apart. */
export const guest: Caller = Object.freeze({ ...anonymous, subject: 'guest', client: 'guest', roles: Object.freeze([]) });

/** True when both act for the same subject through the same client: the owner of sessions, streams and states. */
export function sameOwner(one: Caller, other: Caller): boolean {
  return one.issuer === other.issuer && one.subject === other.subject && one.client === other.client;
}

/** A text that is equal exactly for equal owners, to bind sealed values to. */
export function ownerKey(caller: Caller): string {
  const known = ownerKeys.get(caller);
  if (known !== undefined) return known;
  const key = JSON.stringify([caller.issuer, caller.subject, caller.client]);
  ownerKeys.set(caller, key);
  return key;
}

const ownerKeys = new WeakMap<Caller, string>();
