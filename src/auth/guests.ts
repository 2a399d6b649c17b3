/** Callers without a credential, told apart by where they come from: what one stranger uses up is taken from no other. */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Settings } from '../config/settings.js';
import { guest, type Caller } from '../protocol/caller.js';
import { networkOf } from '../limits/network.js';
import { clientAddress } from '../limits/client-address.js';

const MOST = 10_000;

export class Guests {
  /** By network, oldest first; whoever was forgotten is the same again. */
  readonly #known = new Map<string, Caller>();
  // A stream is judged again while it is open, and by then the connection behind its ticket may be gone.
  readonly #ofRequests = new WeakMap<IncomingMessage, Caller>();

  constructor(private readonly settings: Pick<Settings, 'trustedProxies'>) {}

  /** The guest of a request; the same for all requests of one network. */
  of(request: IncomingMessage): Caller {
    const known = this.#ofRequests.get(request) ?? this.#at(networkOf(clientAddress(request, this.settings)));
    this.#ofRequests.set(request, known);
    return known;
  }

  #at(network: string): Caller {
    const known = this.#known.get(network);
    if (known) return known;
    // Hashed: subjects end up in logs and in the hands of tools, addresses of people need not.
    const caller = Object.freeze({ ...guest, subject: `${guest.subject}:${hash('sha256', network, 'base64url')}` });
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MOST) this.#known.delete(oldest);
    this.#known.set(network, caller);
    return caller;
  }
}
