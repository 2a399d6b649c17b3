/** People who sign in here: local accounts, and shadows of people at the company's identity provider. */

/** Times are in milliseconds since the epoch. */
export interface User {
  readonly id: string;
  /** What the person types; unique by its `loginKey`. */
  readonly login: string;
  readonly displayName: string;
  /** A self-describing memory-hard hash; absent for people who sign in elsewhere. */
  readonly passwordHash: string | undefined;
  /** True until a password that somebody else chose has been replaced. */
  readonly passwordExpired: boolean;
  readonly roles: readonly string[];
  readonly tenant: string;
  readonly disabled: boolean;
  /** Grows whenever tokens given out before must stop working: password, roles, disabling. */
  readonly epoch: number;
  /** Sign-ins from before count no more. A whole second, because tokens know the time of a sign-in in seconds. */
  readonly signInsSince: number;
  readonly createdAt: number;
}

/** A person at another issuer. */
export interface Identity {
  issuer: string;
  subject: string;
}

/**
 * The members of a user that change; each change of roles, password or `disabled` also raises the epoch. `signInsSince` is
 * the least it becomes: it grows by a second or more each time, so that no sign-in from before a change counts after it.
 */
export type UserChanges = Partial<Pick<User, 'displayName' | 'passwordHash' | 'passwordExpired' | 'roles' | 'tenant' | 'disabled' | 'signInsSince'>>;

/**
 * One spelling for one login: those that differ only in case, in spaces around them, or in how Unicode composes them, are
 * one, for stores and for whoever counts guesses.
 */
export function loginKey(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase();
}

export const UserStore = Symbol('UserStore');
export interface UserStore {
  /** False when the id or the login is taken. */
  add(user: User): Promise<boolean>;
  find(id: string): Promise<User | undefined>;
  findByLogin(login: string): Promise<User | undefined>;
  findByIdentity(identity: Identity): Promise<User | undefined>;
  /** False when the identity belongs to somebody already. */
  link(userId: string, identity: Identity): Promise<boolean>;
  /** The user as changed; undefined for an unknown one. */
  update(id: string, changes: UserChanges): Promise<User | undefined>;
  /** Sorted by login; at most `limit` after the login `after`. */
  list(after: string | undefined, limit: number): Promise<User[]>;
  count(): Promise<number>;
}
