/** What the authorization server keeps: clients, grants, codes, tokens, browser sessions, one table for all. */
import type { JsonObject } from '../protocol/message.js';

/** One kept thing. `id` is a keyed hash wherever the real id is a bearer secret. Times: milliseconds since the epoch. */
export interface OidcModel {
  readonly model: string;
  readonly id: string;
  readonly payload: JsonObject;
  readonly grantId: string | undefined;
  readonly uid: string | undefined;
  readonly userCode: string | undefined;
  /** When it was redeemed; undefined while it is good. */
  readonly consumedAt: number | undefined;
  readonly expiresAt: number | undefined;
}

export const OidcModelStore = Symbol('OidcModelStore');
export interface OidcModelStore {
  /** Adds or replaces; `consumedAt` of what is there already stays. */
  upsert(model: OidcModel): Promise<void>;
  /** Undefined for an unknown or expired one. */
  find(model: string, id: string): Promise<OidcModel | undefined>;
  findByUid(model: string, uid: string): Promise<OidcModel | undefined>;
  findByUserCode(model: string, userCode: string): Promise<OidcModel | undefined>;
  /** Marks as redeemed. True exactly once, however many processes try (promise P7). */
  consume(model: string, id: string, at: number): Promise<boolean>;
  destroy(model: string, id: string): Promise<void>;
  /** Destroys every model of a grant; the number destroyed. */
  revokeByGrantId(grantId: string): Promise<number>;
  /** Grants (`model` = `Grant`) of one account, newest first, for the page of connected apps. */
  grantsOf(accountId: string): Promise<OidcModel[]>;
  /** Clients (`model` = `Client`), sorted by id; at most `limit` after the id `after`. */
  clients(after: string | undefined, limit: number): Promise<OidcModel[]>;
  /** Removes what expired before `now`; the number removed. */
  purge(now: number): Promise<number>;
}
