/** Signs and seals what browsers carry for us between two requests: form tokens, device cookies, the way back from sign-in elsewhere. */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Random } from '../protocol/clock.js';
import { Vault } from './vault.port.js';

const NAME = 'pages/key';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

@Injectable()
export class PageKeys {
  #root: Promise<Uint8Array> | undefined;

  constructor(@Inject(Vault) private readonly vault: Vault, @Inject(Random) private readonly random: Random) {}

  /** A text only this server can make for these parts; a mac of one purpose is worth nothing for another. */
  async sign(purpose: string, parts: readonly string[]): Promise<string> {
    return (await this.#mac(purpose, parts)).toString('base64url');
  }

  /** Compares in constant time. */
  async isSigned(purpose: string, parts: readonly string[], mac: string): Promise<boolean> {
    const expected = await this.#mac(purpose, parts);
    const given = Buffer.from(mac, 'base64url');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /** A text nobody else can read or change. */
  async seal(purpose: string, text: string): Promise<string> {
    const nonce = this.random.bytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', await this.#key(`seal:${purpose}`), nonce);
    return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
  }

  /** Undefined for anything that was not sealed here for this purpose. */
  async open(purpose: string, sealed: string): Promise<string | undefined> {
    const bytes = Buffer.from(sealed, 'base64url');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', await this.#key(`seal:${purpose}`), bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }

  async #mac(purpose: string, parts: readonly string[]): Promise<Buffer> {
    // As JSON, no part can run into the next.
    return createHmac('sha256', await this.#key(`sign:${purpose}`)).update(JSON.stringify(parts)).digest();
  }

  async #key(purpose: string): Promise<Buffer> {
    this.#root ??= this.#load();
    try {
      return Buffer.from(hkdfSync('sha256', await this.#root, '', purpose, KEY_BYTES));
    } catch (error) {
      this.#root = undefined;
      throw error;
    }
  }

  async #load(): Promise<Uint8Array> {
    // Of several processes that start at once one wins; all use what it kept.
    await this.vault.put(NAME, this.random.bytes(KEY_BYTES), false);
    const kept = await this.vault.find(NAME);
    if (!kept) throw new Error('The vault did not keep the key of the pages');
    return kept;
  }
}
