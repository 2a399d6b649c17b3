/** Who may try a password now: counted per account, per address, and per known device (reliability row F13). */
import { Inject, Injectable } from '@nestjs/common';
import { networkOf } from '../../limits/network.js';
import { Clock } from '../../protocol/clock.js';
import { loginKey } from '../users.port.js';
import { Slowdown, type Patience } from './slowdown.js';

const ACCOUNT: Patience = { free: 5, firstWaitMs: 1000, longestWaitMs: 900_000, forgetMs: 86_400_000, maxKeys: 20_000 };
// Many people share the address of an office.
const ADDRESS: Patience = { free: 30, firstWaitMs: 1000, longestWaitMs: 900_000, forgetMs: 3_600_000, maxKeys: 20_000 };

/** One attempt to sign in. */
export interface Attempt {
  login: string;
  /** Where it comes from. */
  address: string;
  /** What the device cookie calls the browser, where it vouches for this login. */
  device: string | undefined;
}

@Injectable()
export class Guesses {
  readonly #accounts: Slowdown;
  readonly #addresses: Slowdown;
  readonly #devices: Slowdown;

  constructor(@Inject(Clock) clock: Clock) {
    const now = (): number => clock.now();
    this.#accounts = new Slowdown(ACCOUNT, now);
    this.#addresses = new Slowdown(ADDRESS, now);
    this.#devices = new Slowdown(ACCOUNT, now);
  }

  /** Milliseconds to wait; 0 counts the attempt and lets it go on. The same for logins that nobody has. */
  begin({ login, address, device }: Attempt): number {
    // A device somebody signed in from answers for itself: strangers cannot use up its patience.
    if (device !== undefined) return this.#devices.begin(device);
    const account = loginKey(login);
    const wait = Math.max(this.#accounts.waitMs(account), this.#addresses.waitMs(networkOf(address)));
    if (wait > 0) return wait;
    this.#addresses.begin(networkOf(address));
    return this.#accounts.begin(account);
  }

  /** The password was right. */
  succeeded({ login, address, device }: Attempt): void {
    if (device !== undefined) return this.#devices.forgive(device);
    this.#accounts.forgive(loginKey(login));
    this.#addresses.takeBack(networkOf(address));
  }
}
