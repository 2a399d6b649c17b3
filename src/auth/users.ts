/** People who may sign in here: made, changed and switched off by the operator. Every change of rights counts at once. */
import { Inject, Injectable } from '@nestjs/common';
import { Log } from '../observability/log.js';
import { Clock, Random } from '../protocol/clock.js';
import { passwordFault } from './accounts/password-rules.js';
import { Passwords } from './accounts/passwords.js';
import { Evictions } from './evictions.js';
import { Revocations } from './revocations.port.js';
import { UserStore, type User, type UserChanges } from './users.port.js';

/** A person to be. */
export interface NewUser {
  login: string;
  displayName?: string | undefined;
  roles: readonly string[];
  tenant?: string | undefined;
  /** Follows from something else; random by default. */
  id?: string | undefined;
}

/** A person, and the password to hand over to them once. */
export interface Welcome {
  user: User;
  oneTimePassword: string;
}

@Injectable()
export class Users {
  constructor(
    @Inject(UserStore) private readonly store: UserStore,
    @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Random) private readonly random: Random,
    private readonly passwords: Passwords,
    private readonly evictions: Evictions,
    private readonly log: Log,
  ) {}

  /** A local account with a password that must be replaced at the first sign-in; undefined when the login is taken. */
  async create(person: NewUser): Promise<Welcome | undefined> {
    const oneTimePassword = this.passwords.oneTime();
    const user = this.#shape(person, await this.passwords.hash(oneTimePassword));
    if (!await this.store.add(user)) return undefined;
    this.log.info('user.created', { user: user.id, roles: user.roles });
    return { user, oneTimePassword };
  }

  /** The shadow of a person who signs in elsewhere; undefined when the login or the id is taken. */
  async createWithoutPassword(person: NewUser): Promise<User | undefined> {
    const user = this.#shape(person, undefined);
    return await this.store.add(user) ? user : undefined;
  }

  /** Undefined for an unknown person; so are the answers of every change below. */
  find(id: string): Promise<User | undefined> {
    return this.store.find(id);
  }

  findByLogin(login: string): Promise<User | undefined> {
    return this.store.findByLogin(login.trim());
  }

  /** Sorted by login; at most `limit` after the login `after`. */
  list(after: string | undefined, limit: number): Promise<User[]> {
    return this.store.list(after, limit);
  }

  /** Whoever is let in again signs in anew, and connects their applications anew. */
  setDisabled(id: string, disabled: boolean): Promise<User | undefined> {
    return disabled ? this.#lock(id, { disabled }) : this.#change(id, { disabled });
  }

  /** Tokens given out before stop working; applications get new ones by refreshing. */
  setRoles(id: string, roles: readonly string[]): Promise<User | undefined> {
    return this.#change(id, { roles });
  }

  /** A password its owner chose. Judge it by {@link passwordFault} first; every sign-in and every grant of before is over. */
  async setPassword(id: string, password: string): Promise<User | undefined> {
    return this.#lock(id, { passwordHash: await this.passwords.hash(password), passwordExpired: false });
  }

  /** A new one-time password for somebody who lost theirs, or had it stolen: whoever got in with the old one is out. */
  async resetPassword(id: string): Promise<Welcome | undefined> {
    const oneTimePassword = this.passwords.oneTime();
    const user = await this.#lock(id, { passwordHash: await this.passwords.hash(oneTimePassword), passwordExpired: true });
    return user && { user, oneTimePassword };
  }

  /** The reason a new password is not taken, as a sentence for its owner; undefined for a good one. */
  async passwordFault(user: User, password: string): Promise<string | undefined> {
    const fault = passwordFault(password, user.login);
    if (fault !== undefined) return fault;
    return await this.passwords.check(password, user.passwordHash) ? 'Choose a password that differs from the one you have now.' : undefined;
  }

  async #lock(id: string, changes: UserChanges): Promise<User | undefined> {
    // The next second: of a sign-in in this one nobody could tell whether it was before.
    const signInsSince = (Math.floor(this.clock.now() / 1000) + 1) * 1000;
    const user = await this.#change(id, { ...changes, signInsSince });
    if (user) await this.evictions.evict(id);
    return user;
  }

  async #change(id: string, changes: UserChanges): Promise<User | undefined> {
    const user = await this.store.update(id, changes);
    if (!user) return undefined;
    await this.revocations.touch();
    this.log.info('user.changed', { user: id, members: Object.keys(changes), epoch: user.epoch });
    return user;
  }

  #shape({ id, login, displayName, roles, tenant = 'default' }: NewUser, passwordHash: string | undefined): User {
    return {
      id: id ?? this.random.bytes(16).toString('base64url'), login: login.trim(), displayName: displayName ?? login.trim(), passwordHash,
      passwordExpired: passwordHash !== undefined, roles, tenant, disabled: false, epoch: 0, signInsSince: 0, createdAt: this.clock.now(),
    };
  }
}
