/**
 * The published keys of an external issuer. Remembered while it is away (reliability row E9); an unknown key id makes us
 * look again, but not more often than the cooldown allows (row E10).
 */
import { KeyObject } from 'node:crypto';
import { createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import { askJson, issuerAway } from './outbound.js';
import type { IssuerDiscovery } from './issuer-metadata.js';
import type { TokenKeys } from './token-keys.js';
import type { TokenHeader } from './token-shape.js';

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/** How long keys are believed, in milliseconds. */
export interface KeyPatience {
  /** After this they are fetched anew, while the old ones still serve. */
  freshMs: number;
  /** After this they serve no longer. */
  staleMs: number;
  /** Between two fetches. */
  cooldownMs: number;
  /** Between two fetches while the issuer is away. */
  retryMs: number;
}

const PATIENCE: KeyPatience = { freshMs: 300_000, staleMs: 3_600_000, cooldownMs: 30_000, retryMs: 5000 };

export class RemoteKeys implements TokenKeys {
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #failure: unknown;
  #fetching: Promise<void> | undefined;

  constructor(
    private readonly discovery: IssuerDiscovery, private readonly patience: KeyPatience = PATIENCE,
    private readonly now: () => number = () => performance.now(),
  ) {}

  async find(header: TokenHeader): Promise<KeyObject | undefined> {
    const age = this.now() - this.#fetchedAt;
    if (age > this.patience.staleMs) await this.#refresh();
    else if (age > this.patience.freshMs) void this.#refresh();
    if (this.now() - this.#fetchedAt > this.patience.staleMs) throw issuerAway(this.#failure);
    const known = await this.#pick(header);
    if (known) return known;
    await this.#refresh();
    const found = await this.#pick(header);
    // An issuer that is away may have published the key meanwhile: that is no reason to call a token wrong.
    if (!found && this.#failure !== undefined) throw issuerAway(this.#failure);
    return found;
  }

  async #refresh(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    if (this.now() - this.#triedAt < (this.#failure === undefined ? this.patience.cooldownMs : this.patience.retryMs)) return;
    this.#triedAt = this.now();
    this.#fetching = this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    try {
      const { jwks_uri: address } = await this.discovery.find();
      if (address === undefined) throw new Error('The issuer publishes no keys');
      const published: JSONWebKeySet = keySet.parse(await askJson(address));
      // A shared secret has no place in a public document; with it, anybody could sign.
      this.#keys = createLocalJWKSet({ keys: published.keys.filter(({ kty }) => kty !== 'oct') });
      this.#fetchedAt = this.now();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = error;
    }
  }

  async #pick({ alg, kid }: TokenHeader): Promise<KeyObject | undefined> {
    try {
      const key = await this.#keys?.(kid === undefined ? { alg } : { alg, kid });
      return key && KeyObject.from(key);
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
