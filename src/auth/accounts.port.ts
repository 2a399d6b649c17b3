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
  readonly disabled: boolean;
}

export const Accounts = Symbol('Accounts');
export interface Accounts {
  /** A disabled person is found and says so; undefined for an unknown one. */
  find(id: string): Promise<Account | undefined>;
  /** The local id of a person at another issuer, for ID-JAG; undefined for somebody who never signed in here. */
  findByIdentity(issuer: string, subject: string): Promise<Account | undefined>;
}
