/** What must stop working before it expires: grants taken back, and people whose rights changed. */

export const Revocations = Symbol('Revocations');
export interface Revocations {
  /** Tokens of the grant are refused from now on; forgotten after `until` (milliseconds since the epoch). */
  revokeGrant(grantId: string, until: number): Promise<void>;
  isGrantRevoked(grantId: string): Promise<boolean>;
  /** A number that grows with every revocation and every change of a user or key, to throw verified credentials away by. */
  generation(): Promise<number>;
  /** Raises the generation: somebody's rights changed. */
  touch(): Promise<void>;
  /** Forgets what expired before `now`. */
  purge(now: number): Promise<void>;
}
