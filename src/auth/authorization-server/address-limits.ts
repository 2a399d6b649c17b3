/** The plain rule: so many a minute for each network that somebody has to themselves. */
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Clock } from '../../protocol/clock.js';
import { networkOf } from '../../limits/network.js';
import { clientAddress } from '../../limits/client-address.js';
import type { EndpointLimits, LimitedThing } from './endpoint-limits.port.js';

const MINUTE_MS = 60_000;
const MOST_ADDRESSES = 10_000;

@Injectable()
export class AddressLimits implements EndpointLimits {
  // Each by itself: who uses up one of them takes nothing from the others.
  readonly #counts: Record<LimitedThing, Map<string, number>> = { registration: new Map(), client_document: new Map(), authorization: new Map() };
  #window = 0;

  constructor(private readonly settings: Settings, @Inject(Clock) private readonly clock: Clock) {}

  take(what: LimitedThing, request: IncomingMessage): Promise<number | undefined> {
    const now = this.clock.now();
    const window = Math.floor(now / MINUTE_MS);
    if (window !== this.#window) for (const counts of Object.values(this.#counts)) counts.clear();
    this.#window = window;
    const counts = this.#counts[what];
    const network = networkOf(clientAddress(request, this.settings));
    const count = (counts.get(network) ?? 0) + 1;
    const { registrationsPerMinute, authorizationsPerMinute } = this.settings;
    const most = what === 'authorization' ? authorizationsPerMinute : registrationsPerMinute;
    // More addresses than this in a minute are one attacker: whoever is new waits.
    if (count > most || (count === 1 && counts.size >= MOST_ADDRESSES)) {
      return Promise.resolve(Math.max(1, Math.ceil(((window + 1) * MINUTE_MS - now) / 1000)));
    }
    counts.set(network, count);
    return Promise.resolve(undefined);
  }
}
