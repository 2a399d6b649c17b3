/**
 * Lets a browser open an event stream: EventSource cannot send a credential, and a token has no place in an address. A
 * ticket is good for one route, once, for half a minute (R26 as ruled). Off unless the setting `streamTickets` is on.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { Caller } from '../protocol/caller.js';
import { Clock, Random } from '../protocol/clock.js';
import { fault } from '../protocol/faults.js';
import { RevocationWatch } from './credentials/revocation-watch.js';

/** What a ticket stands for: a caller, and the request whose credential proved it and goes on proving it. */
export interface Ticketed {
  caller: Caller;
  source: IncomingMessage;
}

interface Ticket extends Ticketed {
  route: string;
  generation: number;
  goodUntil: number;
}

/** Seconds a ticket is good. */
export const TICKET_SECONDS = 30;
const MOST = 10_000;

@Injectable()
export class StreamTickets {
  /** By hash, oldest first. */
  readonly #tickets = new Map<string, Ticket>();

  constructor(
    private readonly settings: Settings, private readonly watch: RevocationWatch,
    @Inject(Clock) private readonly clock: Clock, @Inject(Random) private readonly random: Random,
  ) {}

  get isOffered(): boolean {
    return this.settings.streamTickets;
  }

  /** A ticket for a route. Throws `route_unknown` while tickets are not offered, `overloaded` while too many are out. */
  issue({ caller, source }: Ticketed, route: string): string {
    if (!this.isOffered) throw fault('route_unknown');
    const now = this.clock.now();
    this.#forgetExpired(now);
    if (this.#tickets.size >= MOST) throw fault('overloaded', { retryAfterSeconds: TICKET_SECONDS });
    const ticket = this.random.bytes(32).toString('base64url');
    this.#tickets.set(keyOf(ticket), { caller, source, route, generation: this.watch.generation, goodUntil: now + TICKET_SECONDS * 1000 });
    return ticket;
  }

  /** What a ticket was given for. Throws `token_invalid` for one that is unknown, used, late, or for another route. */
  async redeem(ticket: string, route: string): Promise<Ticketed> {
    const key = keyOf(ticket);
    const found = this.isOffered ? this.#tickets.get(key) : undefined;
    // Taken away whatever comes of it: whoever tries it elsewhere has used it (promise P7).
    this.#tickets.delete(key);
    if (!found || found.route !== route || found.goodUntil <= this.clock.now()) throw refused();
    await this.watch.check();
    if (found.generation !== this.watch.generation) throw refused();
    return found;
  }

  #forgetExpired(now: number): void {
    for (const [key, { goodUntil }] of this.#tickets) {
      if (goodUntil > now) return;
      this.#tickets.delete(key);
    }
  }
}

function keyOf(ticket: string): string {
  return hash('sha256', ticket, 'base64url');
}

function refused(): Error {
  return fault('token_invalid', { challenge: { error: 'invalid_token' }, detail: { reason: 'ticket' } });
}
