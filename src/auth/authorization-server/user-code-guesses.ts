/** Who may try a user code of a device now: counted per browser and per network (RFC 8628 §5.1). */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Clock } from '../../protocol/clock.js';
import { networkOf } from '../../limits/network.js';
import { Slowdown, type Patience } from '../accounts/slowdown.js';
import { clientAddress } from '../../limits/client-address.js';

const BROWSER: Patience = { free: 5, firstWaitMs: 1000, longestWaitMs: 900_000, forgetMs: 3_600_000, maxKeys: 20_000 };
// Many people share the address of an office; a browser is as easily changed as its cookies.
const NETWORK: Patience = { ...BROWSER, free: 30 };
const SESSION_COOKIE = /(?:^|; *)(?:__Host-)?gatehouse_session=([^;]+)/;

@Injectable()
export class UserCodeGuesses {
  readonly #browsers: Slowdown;
  readonly #networks: Slowdown;
  /** Attempts that may still turn out honest. */
  readonly #open = new WeakMap<IncomingMessage, [Slowdown, string][]>();

  constructor(private readonly settings: Settings, @Inject(Clock) clock: Clock) {
    const now = (): number => clock.now();
    this.#browsers = new Slowdown(BROWSER, now);
    this.#networks = new Slowdown(NETWORK, now);
  }

  /** Seconds to wait; undefined counts the attempt before its outcome is known, and lets it go on. */
  begin(request: IncomingMessage): number | undefined {
    const keys = this.#keysOf(request);
    const wait = Math.max(...keys.map(([slowdown, key]) => slowdown.waitMs(key)));
    if (wait > 0) return Math.ceil(wait / 1000);
    for (const [slowdown, key] of keys) slowdown.begin(key);
    this.#open.set(request, keys);
    return undefined;
  }

  /** Nobody was given the code that was typed. */
  wrong(request: IncomingMessage): void {
    this.#open.delete(request);
  }

  /** The attempt is over; unless it was wrong it does not count. */
  end(request: IncomingMessage): void {
    for (const [slowdown, key] of this.#open.get(request) ?? []) slowdown.takeBack(key);
  }

  #keysOf(request: IncomingMessage): [Slowdown, string][] {
    const network: [Slowdown, string] = [this.#networks, networkOf(clientAddress(request, this.settings))];
    const [, session] = SESSION_COOKIE.exec(request.headers.cookie ?? '') ?? [];
    if (session === undefined) return [network];
    // What signs a browser in is not kept any longer than it must be.
    return [network, [this.#browsers, createHash('sha256').update(session).digest('base64url')]];
  }
}
