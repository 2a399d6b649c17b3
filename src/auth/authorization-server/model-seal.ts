/**
 * What keeps a copy of the database worthless: ids that are bearer secrets become keyed hashes, and what is kept under them
 * is sealed, because the library writes the same ids into it. The keys come from one random secret in the vault.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Random } from '../../protocol/clock.js';
import { isObject, stringAt } from '../../protocol/json.js';
import type { JsonObject } from '../../protocol/message.js';
import { Vault } from '../vault.port.js';

const NAME = 'authorization-server/root';
const NONCE = 12;
const TAG = 16;
const HASHED = 'hmac-sha256:';

interface Keys {
  mark: Buffer;
  seal: Buffer;
  secret: Buffer;
  cookie: string;
}

@Injectable()
export class ModelSeal {
  #keys: Keys | undefined;
  #opening: Promise<void> | undefined;

  constructor(@Inject(Vault) private readonly vault: Vault, @Inject(Random) private readonly random: Random) {}

  /** Reads the secret, and makes it where there is none; the rest of this class works afterwards. */
  open(): Promise<void> {
    return (this.#opening ??= this.#open());
  }

  /** Signs browser cookies. */
  get cookieKey(): string {
    return this.#all().cookie;
  }

  /** What an id is kept under. */
  mark(model: string, id: string): string {
    return createHmac('sha256', this.#all().mark).update(`${model}\0${id}`).digest('base64url');
  }

  /** What a client secret is kept as; a hash stays what it is. */
  hashSecret(clientId: string, secret: string): string {
    if (secret.startsWith(HASHED)) return secret;
    return HASHED + createHmac('sha256', this.#all().secret).update(`${clientId}\0${secret}`).digest('base64url');
  }

  /** Whether a secret is the one a hash was made of. */
  isSecret(clientId: string, secret: string, hash: string): boolean {
    // Whoever has read the hash must not get in with it.
    if (secret.startsWith(HASHED)) return false;
    const [one, other] = [Buffer.from(this.hashSecret(clientId, secret)), Buffer.from(hash)];
    return one.length === other.length && timingSafeEqual(one, other);
  }

  /** Seals what is kept under a mark. */
  seal(model: string, mark: string, payload: JsonObject): JsonObject {
    const nonce = this.random.bytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#all().seal, nonce).setAAD(Buffer.from(`${model}\0${mark}`));
    const body = Buffer.concat([cipher.update(JSON.stringify(payload), 'utf8'), cipher.final()]);
    return { sealed: Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url') };
  }

  /** Opens it again; undefined for what was not sealed here, under this mark. */
  unseal(model: string, mark: string, kept: JsonObject): JsonObject | undefined {
    const bytes = Buffer.from(stringAt(kept, 'sealed') ?? '', 'base64url');
    if (bytes.length < NONCE + TAG) return undefined;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#all().seal, bytes.subarray(0, NONCE), { authTagLength: TAG })
        .setAAD(Buffer.from(`${model}\0${mark}`)).setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      const text = Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString();
      const payload: unknown = JSON.parse(text);
      return isObject(payload) ? payload : undefined;
    } catch {
      return undefined;
    }
  }

  async #open(): Promise<void> {
    // Two processes that start at once: the second put is refused, and both read the first.
    if (!await this.vault.find(NAME)) await this.vault.put(NAME, this.random.bytes(32), false);
    const root = await this.vault.find(NAME);
    if (!root) throw new Error('The vault lost a secret it was just given');
    const derive = (use: string): Buffer => Buffer.from(hkdfSync('sha256', root, '', `gatehouse oauth ${use}`, 32));
    this.#keys = { mark: derive('mark'), seal: derive('seal'), secret: derive('secret'), cookie: derive('cookie').toString('base64url') };
  }

  #all(): Keys {
    if (!this.#keys) throw new Error('The authorization server has not started');
    return this.#keys;
  }
}
