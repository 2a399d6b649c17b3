/**
 * The keys access tokens are signed with. A new one is published first, signs later, and stays published until the last
 * token it signed has expired; when each of that happens follows from two times kept with the key, so that all processes
 * agree without talking to each other.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { calculateJwkThumbprint } from 'jose';
import { z } from 'zod';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { Clock } from '../../protocol/clock.js';
import { Vault } from '../vault.port.js';

export type SigningAlgorithm = 'ES256' | 'RS256';

/** What is needed to verify a signature of ours. */
export interface PublicKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly key: KeyObject;
}

const storedKey = z.strictObject({
  kid: z.string(), alg: z.enum(['ES256', 'RS256']), pem: z.string(), createdAt: z.number(), signsFrom: z.number(),
});
interface SigningKey extends z.output<typeof storedKey> {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const PREFIX = 'signing-key/';
// ID tokens come back as hints at sign-out: their keys stay a day longer than any access token lives.
const RETENTION_MS = 86_400_000;
// How soon a key made by another process is seen here.
const LOOK_MS = 60_000;

@Injectable()
export class SigningKeys implements OnModuleDestroy {
  #keys: readonly SigningKey[] = [];
  #state = '';
  #opening: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(
    @Inject(Vault) private readonly vault: Vault,
    @Inject(Clock) private readonly clock: Clock,
    private readonly settings: Settings,
    private readonly log: Log,
  ) {}

  /** Reads the keys, and makes the first one where there is none. */
  open(): Promise<void> {
    return (this.#opening ??= this.#open());
  }

  onModuleDestroy(): void {
    clearTimeout(this.#timer);
  }

  /** Every key whose signatures are good, the one that signs now first. */
  publicKeys(): readonly PublicKey[] {
    return this.#published().map(({ kid, alg, publicKey }) => ({ kid, alg, key: publicKey }));
  }

  /** The same with their private parts, for the authorization server alone. */
  privateKeys(): JsonWebKey[] {
    return this.#published().map(({ kid, alg, privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }));
  }

  /** Calls back after each change of the published keys or of the one that signs; returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Makes a new key that signs after a while, by default `signingKeyLeadSeconds`; gives its id. */
  async rotate(leadSeconds = this.settings.signingKeyLeadSeconds): Promise<string> {
    const now = this.clock.now();
    const made = await makeKey(this.settings.signingAlgorithm, now, now + leadSeconds * 1000);
    await this.#keep(`${PREFIX}${made.kid}`, made);
    await this.reload();
    this.log.info('signing_key.created', { kid: made.kid, signsFrom: new Date(made.signsFrom).toISOString() });
    return made.kid;
  }

  /** Looks for keys other processes made; forgets those that have outlived their last token. */
  async reload(): Promise<void> {
    const keys: SigningKey[] = [];
    for (const name of await this.vault.names(PREFIX)) {
      const kept = await this.vault.find(name);
      if (kept) keys.push(readKey(name, kept));
    }
    keys.sort((one, other) => one.signsFrom - other.signsFrom || one.createdAt - other.createdAt || one.kid.localeCompare(other.kid));
    const now = this.clock.now();
    const outlived = keys.filter((key) => outlivesAt(key, keys) <= now);
    await Promise.all(outlived.map(({ name }) => this.vault.remove(name)));
    this.#keys = keys.filter((key) => !outlived.includes(key));
    this.#schedule();
    this.#tell();
  }

  async #open(): Promise<void> {
    await this.reload();
    if (!this.#keys.some(({ alg }) => alg === this.settings.signingAlgorithm)) {
      const now = this.clock.now();
      // Two processes that start at once agree on the name: the second finds the key of the first.
      await this.#keep(`${PREFIX}first-${this.settings.signingAlgorithm}`, await makeKey(this.settings.signingAlgorithm, now, now));
      await this.reload();
    }
  }

  #published(): SigningKey[] {
    const now = this.clock.now();
    const own = this.#keys.filter(({ alg }) => alg === this.settings.signingAlgorithm);
    const signer = own.findLast(({ signsFrom }) => signsFrom <= now) ?? own[0];
    return signer ? [signer, ...this.#keys.filter((key) => key !== signer)] : [...this.#keys];
  }

  async #keep(name: string, key: z.output<typeof storedKey>): Promise<void> {
    await this.vault.put(name, Buffer.from(JSON.stringify(key)), false);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const now = this.clock.now();
    const next = this.#keys.map(({ signsFrom }) => signsFrom - now).filter((delay) => delay > 0);
    this.#timer = setTimeout(() => {
      this.reload().catch((error: unknown) => {
        this.log.error('signing_key.reload_failed', { error: String(error) });
        this.#schedule();
      });
    }, Math.min(LOOK_MS, ...next)).unref();
  }

  #tell(): void {
    const state = this.#published().map(({ kid }) => kid).join(' ');
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function outlivesAt(key: SigningKey, sorted: readonly SigningKey[]): number {
  const successor = sorted.slice(sorted.indexOf(key) + 1).find(({ alg }) => alg === key.alg);
  return successor ? successor.signsFrom + RETENTION_MS : Number.POSITIVE_INFINITY;
}

const generate = promisify(generateKeyPair);

async function makeKey(alg: SigningAlgorithm, createdAt: number, signsFrom: number): Promise<z.output<typeof storedKey>> {
  // Not the synchronous form: an RSA key takes a good part of a second.
  const { publicKey, privateKey } = alg === 'ES256' ? await generate('ec', { namedCurve: 'P-256' }) : await generate('rsa', { modulusLength: 3072 });
  const { kty = '', ...rest } = publicKey.export({ format: 'jwk' });
  const kid = await calculateJwkThumbprint({ kty, ...rest });
  return { kid, alg, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), createdAt, signsFrom };
}

function readKey(name: string, kept: Uint8Array): SigningKey {
  const stored = storedKey.parse(JSON.parse(Buffer.from(kept).toString()));
  const privateKey = createPrivateKey(stored.pem);
  return { ...stored, name, privateKey, publicKey: createPublicKey(privateKey) };
}
