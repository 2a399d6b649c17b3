/** Keys of machines: made, rotated and taken back by the operator, and judged at the door. The text is shown once. */
import { Inject, Injectable } from '@nestjs/common';
import { Log } from '../observability/log.js';
import { Clock, Random } from '../protocol/clock.js';
import { fault, type Fault } from '../protocol/faults.js';
import { ApiKeyStore, type ApiKey, type ApiKeyChanges } from './api-keys.port.js';
import { addressRanges, isWithin } from '../limits/client-address.js';
import { hashOfKey, isOneOf, newKeyId, newKeySecret, NO_HASH, printKey, type KeyText } from './credentials/key-text.js';
import { Verified } from './credentials/verified.js';
import { Revocations } from './revocations.port.js';
import { Vault } from './vault.port.js';

/** A key to be. */
export interface NewApiKey {
  name: string;
  roles: readonly string[];
  /** Empty: the key is not limited by scopes. */
  scopes?: readonly string[];
  tenant?: string;
  /** Addresses and ranges it may be used from; empty for anywhere. */
  addresses?: readonly string[];
  /** Milliseconds since the epoch. */
  expiresAt?: number | undefined;
}

/** A key and its text, which exists nowhere else. */
export interface ShownKey {
  key: ApiKey;
  text: string;
}

const PEPPER = 'api-key-pepper';
const LAST_USE_STEP_MS = 60_000;
const MAX_TRACKED = 10_000;

@Injectable()
export class ApiKeys {
  readonly #lastUse = new Map<string, number>();
  #pepper: Promise<Uint8Array> | undefined;

  constructor(
    @Inject(ApiKeyStore) private readonly store: ApiKeyStore, @Inject(Vault) private readonly vault: Vault,
    @Inject(Revocations) private readonly revocations: Revocations, @Inject(Clock) private readonly clock: Clock,
    @Inject(Random) private readonly random: Random, private readonly log: Log,
  ) {}

  /** Throws an Error that names the first address range that is none. */
  async create({ name, roles, scopes = [], tenant = 'default', addresses = [], expiresAt }: NewApiKey): Promise<ShownKey> {
    addressRanges(addresses);
    const text = { id: newKeyId(this.random), secret: newKeySecret(this.random) };
    const key: ApiKey = {
      id: text.id, name, roles, scopes, tenant, addresses, expiresAt, secretHash: await this.#hash(text), createdAt: this.clock.now(),
      previousHash: undefined, previousUntil: undefined, revokedAt: undefined, lastUsedAt: undefined,
    };
    // 80 random bits: a second try would mean that randomness is broken.
    if (!await this.store.add(key)) throw new Error('The id of the new key is taken');
    this.log.info('key.created', { key: key.id, roles });
    return { key, text: printKey(text) };
  }

  /** A new text for a key; the one before stays good for a while. Undefined for an unknown or revoked key. */
  async rotate(id: string, overlapSeconds: number): Promise<ShownKey | undefined> {
    const former = await this.store.find(id);
    if (!former || former.revokedAt !== undefined) return undefined;
    const text = { id, secret: newKeySecret(this.random) };
    const key = await this.#change(id, {
      secretHash: await this.#hash(text), previousHash: former.secretHash, previousUntil: this.clock.now() + overlapSeconds * 1000,
    });
    this.log.info('key.rotated', { key: id, overlap: overlapSeconds });
    return key && { key, text: printKey(text) };
  }

  /** False for an unknown key. What is revoked stays listed. */
  async revoke(id: string): Promise<boolean> {
    const former = await this.store.find(id);
    if (!former) return false;
    if (former.revokedAt === undefined) await this.#change(id, { revokedAt: this.clock.now() });
    this.log.info('key.revoked', { key: id });
    return true;
  }

  /** Undefined for an unknown key. Throws an Error that names the first address range that is none. */
  change(id: string, changes: Pick<ApiKeyChanges, 'roles' | 'scopes' | 'addresses' | 'expiresAt'>): Promise<ApiKey | undefined> {
    addressRanges(changes.addresses ?? []);
    return this.#change(id, changes);
  }

  find(id: string): Promise<ApiKey | undefined> {
    return this.store.find(id);
  }

  /** Sorted by id; at most `limit` after the id `after`. */
  list(after: string | undefined, limit: number): Promise<ApiKey[]> {
    return this.store.list(after, limit);
  }

  /** Throws `token_invalid`, `token_expired`, or `access_denied` for a key used from elsewhere. */
  async verify(text: KeyText, address: string): Promise<Verified> {
    const [hash, key] = [await this.#hash(text), await this.store.find(text.id)];
    const now = this.clock.now();
    const previous = key?.previousUntil !== undefined && now < key.previousUntil ? key.previousHash : undefined;
    // The secret first: whoever does not know it learns nothing about the key.
    if (!isOneOf(hash, [key?.secretHash ?? NO_HASH, previous ?? NO_HASH]) || !key || key.revokedAt !== undefined) throw refused('token_invalid');
    if (key.expiresAt !== undefined && key.expiresAt <= now) throw refused('token_expired');
    const ranges = addressRanges(key.addresses);
    if (!isWithin(ranges, address)) throw fault('access_denied', { detail: { key: key.id, address } });
    return verdict(key, ranges, isOneOf(hash, [key.secretHash]) ? undefined : key.previousUntil);
  }

  /** Notes that a key was used, at most once a minute. Never throws. */
  used(id: string): void {
    const now = this.clock.now();
    if (now - (this.#lastUse.get(id) ?? Number.NEGATIVE_INFINITY) < LAST_USE_STEP_MS) return;
    if (this.#lastUse.size >= MAX_TRACKED) this.#lastUse.clear();
    this.#lastUse.set(id, now);
    this.store.update(id, { lastUsedAt: now }).catch((error: unknown) => this.log.warn('key.use_not_noted', { key: id, err: error }));
  }

  async #change(id: string, changes: ApiKeyChanges): Promise<ApiKey | undefined> {
    const key = await this.store.update(id, changes);
    if (key) await this.revocations.touch();
    return key;
  }

  async #hash(text: KeyText): Promise<Buffer> {
    const loading = (this.#pepper ??= this.#loadPepper());
    try {
      return hashOfKey(await loading, text);
    } catch (error) {
      this.#pepper = undefined;
      throw error;
    }
  }

  // In the vault and not derived from the server's secret, so that keys outlive a change of that secret.
  async #loadPepper(): Promise<Uint8Array> {
    const known = await this.vault.find(PEPPER);
    if (known) return known;
    const fresh = this.random.bytes(32);
    if (await this.vault.put(PEPPER, fresh, false)) return fresh;
    const theirs = await this.vault.find(PEPPER);
    if (!theirs) throw new Error('The vault keeps no secret');
    return theirs;
  }
}

function verdict(key: ApiKey, addresses: Verified['addresses'], goodUntil: number | undefined): Verified {
  const ends = [key.expiresAt, goodUntil].filter((time) => time !== undefined);
  return new Verified('key', {
    kind: 'key', issuer: 'local', subject: `key:${key.id}`, client: `key:${key.id}`, roles: key.roles, tenant: key.tenant,
    scopes: key.scopes.length > 0 ? key.scopes : ['*'],
  }, { addresses, keyId: key.id, expiresAt: ends.length > 0 ? Math.min(...ends) : undefined });
}

function refused(name: 'token_invalid' | 'token_expired'): Fault {
  return fault(name, { challenge: { error: 'invalid_token' } });
}
