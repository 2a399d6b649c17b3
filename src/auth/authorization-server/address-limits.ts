/** The plain rule: so many a minute for each address of the connection. */
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Clock } from '../../protocol/clock.js';
import { clientAddress } from '../credentials/client-address.js';
import type { EndpointLimits } from './endpoint-limits.port.js';

const MINUTE_MS = 60_000;
const MOST_ADDRESSES = 10_000;

@Injectable()
export class AddressLimits implements EndpointLimits {
  readonly #counts = new Map<string, number>();
  #window = 0;

  constructor(private readonly settings: Settings, @Inject(Clock) private readonly clock: Clock) {}

  take(what: 'registration' | 'client_document', request: IncomingMessage): Promise<number | undefined> {
    const now = this.clock.now();
    const window = Math.floor(now / MINUTE_MS);
    if (window !== this.#window) this.#counts.clear();
    this.#window = window;
    const key = `${what} ${clientAddress(request, this.settings)}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    // More addresses than this in a minute are one attacker: whoever is new waits.
    if (count > this.settings.registrationsPerMinute || (count === 1 && this.#counts.size >= MOST_ADDRESSES)) {
      return Promise.resolve(Math.max(1, Math.ceil(((window + 1) * MINUTE_MS - now) / 1000)));
    }
    this.#counts.set(key, count);
    return Promise.resolve(undefined);
  }
}
