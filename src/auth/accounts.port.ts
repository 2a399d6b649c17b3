/** What the authorization server asks about the people it signs in. */
import type { JsonObject } from '../protocol/message.js';

/** A person, as tokens speak of them. */
export interface Account {
  /** The `sub` of tokens: the id of the user, never their name. */
  readonly accountId: string;
  /** OpenID claims for `profile` and `email` (`name`, `preferred_username`, `email`, `email_verified`); sent only where granted. */
  readonly claims: JsonObject;
  readonly roles: readonly string[];
  /** Travels in access tokens; a token with a lower one is refused. */
  readonly epoch: number;
  /** Milliseconds since the epoch, a whole second: sign-ins from before count no more. */
  readonly signInsSince: number;
  readonly disabled: boolean;
}

/** False where a sign-in, in seconds since the epoch as tokens say it (`auth_time`), is from before those that count. */
export function signInCounts({ signInsSince }: Pick<Account, 'signInsSince'>, authTime: number): boolean {
  return authTime * 1000 >= signInsSince;
}

/**
 * When a sign-in was, in seconds since the epoch: when it was begun, so that one that overlaps with the end of all
 * sign-ins is from before; but the first second that counts, for whoever proved themselves after that end.
 *
 * @param begun milliseconds since the epoch, from before the person was looked up.
 */
export function signInTime({ signInsSince }: Pick<Account, 'signInsSince'>, begun: number): number {
  return Math.max(Math.floor(begun / 1000), signInsSince / 1000);
}

export const Accounts = Symbol('Accounts');
export interface Accounts {
  /** A disabled person is found and says so; undefined for an unknown one. */
  find(id: string): Promise<Account | undefined>;
  /** The local id of a person at another issuer, for ID-JAG; undefined for somebody who never signed in here. */
  findByIdentity(issuer: string, subject: string): Promise<Account | undefined>;
}
