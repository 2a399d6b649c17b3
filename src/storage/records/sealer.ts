/** Seals secrets at rest with AES-256-GCM, each bound to its name: a sealed text copied to another name does not open. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Random } from '../../protocol/clock.js';
import type { ServerSecret } from '../../protocol/server-secret.js';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const CIPHER = 'aes-256-gcm';

/** An opened secret; `stale` when it should be sealed anew, under the current server secret. */
export interface Opened {
  secret: Uint8Array;
  stale: boolean;
}

export class Sealer {
  readonly #current: Uint8Array;
  readonly #previous: Uint8Array | undefined;

  constructor({ current, previous }: ServerSecret, private readonly random: Random) {
    this.#current = keyOf(current);
    this.#previous = previous === undefined ? undefined : keyOf(previous);
  }

  seal(name: string, secret: Uint8Array): Uint8Array {
    const nonce = this.random.bytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#current, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(name));
    return Uint8Array.from(Buffer.concat([Buffer.of(VERSION), nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]));
  }

  /** Throws an Error for what was sealed under another server secret, under another name, or altered. */
  open(name: string, sealed: Uint8Array): Opened {
    const secret = open(this.#current, name, sealed);
    if (secret) return { secret, stale: false };
    const older = this.#previous && open(this.#previous, name, sealed);
    if (older) return { secret: older, stale: true };
    throw new Error(`The stored secret "${name}" was sealed under another GATEHOUSE_SECRET, or altered: set the secret it was sealed under as GATEHOUSE_SECRET_PREVIOUS`);
  }
}

function keyOf(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'gatehouse vault', KEY_BYTES));
}

function open(key: Uint8Array, name: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed[0] !== VERSION || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(1, 1 + NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(name)).setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Uint8Array.from(Buffer.concat([decipher.update(sealed.subarray(1 + NONCE_BYTES, -TAG_BYTES)), decipher.final()]));
  } catch {
    return undefined;
  }
}
