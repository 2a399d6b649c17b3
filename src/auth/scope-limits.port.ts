/** Which scopes a person may hand on to a client. */

export const ScopeLimits = Symbol('ScopeLimits');
export interface ScopeLimits {
  /** Those of the scopes that somebody with these roles may approve, in the same order. */
  approvable(scopes: readonly string[], roles: readonly string[]): string[];
}
