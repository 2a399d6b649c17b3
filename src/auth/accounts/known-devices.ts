/** Browsers somebody has signed in from before: guessing elsewhere does not lock their owner out (reliability row F13). */
import { Inject, Injectable } from '@nestjs/common';
import { Clock, Random } from '../../protocol/clock.js';
import { PageKeys } from '../page-keys.js';
import { loginKey } from '../users.port.js';

/** How long a browser stays known after a sign-in. */
export const DEVICE_DAYS = 365;

const DAY_MS = 86_400_000;

@Injectable()
export class KnownDevices {
  constructor(private readonly keys: PageKeys, @Inject(Clock) private readonly clock: Clock, @Inject(Random) private readonly random: Random) {}

  /** The value of a device cookie for one login. */
  async introduce(login: string): Promise<string> {
    const device = this.random.bytes(12).toString('base64url');
    const day = String(this.#today());
    return [device, day, await this.keys.sign('device', [loginKey(login), device, day])].join('.');
  }

  /** What the cookie calls this device; undefined where it vouches for another login, is too old or not ours. */
  async recognise(login: string, cookie: string | undefined): Promise<string | undefined> {
    const [device = '', day = '', mac = '', ...rest] = cookie?.split('.') ?? [];
    if (!/^\d{1,6}$/.test(day) || rest.length > 0) return undefined;
    if (!await this.keys.isSigned('device', [loginKey(login), device, day], mac)) return undefined;
    return Number(day) + DEVICE_DAYS >= this.#today() ? device : undefined;
  }

  #today(): number {
    return Math.floor(this.clock.now() / DAY_MS);
  }
}
