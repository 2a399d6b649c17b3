/** Judges a login and a password. A stranger learns nothing from the answer, nor from how long it takes. */
import { Inject, Injectable } from '@nestjs/common';
import { Log } from '../../observability/log.js';
import { UserStore, type User } from '../users.port.js';
import { Guesses } from './guesses.js';
import { KnownDevices } from './known-devices.js';
import { Passwords } from './passwords.js';

/** What somebody typed, and from where. */
export interface SignInAttempt {
  login: string;
  password: string;
  address: string;
  /** The device cookie, if the browser has one. */
  deviceCookie: string | undefined;
}

export type SignInOutcome =
  | { kind: 'welcome'; user: User; deviceCookie: string }
  /** The password was right, and somebody else chose it: it must be replaced first. */
  | { kind: 'password_expired'; user: User }
  /** No such login, wrong password, disabled, or a person who signs in elsewhere: deliberately one answer. */
  | { kind: 'refused' }
  | { kind: 'slowed'; retryAfterSeconds: number };

@Injectable()
export class SignIn {
  constructor(
    @Inject(UserStore) private readonly users: UserStore,
    private readonly passwords: Passwords,
    private readonly guesses: Guesses,
    private readonly devices: KnownDevices,
    private readonly log: Log,
  ) {}

  async attempt({ login, password, address, deviceCookie }: SignInAttempt): Promise<SignInOutcome> {
    const device = await this.devices.recognise(login, deviceCookie);
    const guess = { login, address, device };
    const wait = this.guesses.begin(guess);
    if (wait > 0) {
      this.log.warn('signin.slowed', { address, waitMs: wait });
      return { kind: 'slowed', retryAfterSeconds: Math.ceil(wait / 1000) };
    }
    const user = await this.users.findByLogin(login.trim());
    const isRight = await this.passwords.check(password, user?.passwordHash);
    // The login is not logged: people type their password there.
    if (!user || !isRight || user.disabled) {
      this.log.info('signin.refused', { address, user: user?.id });
      return { kind: 'refused' };
    }
    const current = await this.#unchanged(user, password);
    if (!current) return { kind: 'refused' };
    this.guesses.succeeded(guess);
    if (current.passwordExpired) return { kind: 'password_expired', user: current };
    this.log.info('signin.succeeded', { user: user.id, address });
    return { kind: 'welcome', user: current, deviceCookie: await this.devices.introduce(login) };
  }

  /** The password of somebody who is signed in, asked again before it changes; slowed like any other guess. */
  async confirm(user: User, password: string, address: string): Promise<boolean> {
    const guess = { login: user.login, address, device: `session:${user.id}` };
    if (this.guesses.begin(guess) > 0 || !await this.passwords.check(password, user.passwordHash)) return false;
    this.guesses.succeeded(guess);
    return true;
  }

  // Hashing takes long enough for somebody else to replace the password meanwhile, or to lock the person out; neither may be undone.
  async #unchanged(user: User, password: string): Promise<User | undefined> {
    // Only now is the password known, so only now can it be hashed at today's cost.
    const isStale = user.passwordHash !== undefined && !user.passwordExpired && this.passwords.isStale(user.passwordHash);
    const renewed = isStale ? await this.passwords.hash(password) : undefined;
    const current = await this.users.find(user.id);
    if (!current || current.disabled || current.passwordHash !== user.passwordHash) {
      this.log.info('signin.overtaken', { user: user.id });
      return undefined;
    }
    return renewed === undefined ? current : this.users.update(user.id, { passwordHash: renewed });
  }
}
