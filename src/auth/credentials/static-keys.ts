/** The keys of simple mode: one or two texts in the environment, the same for everyone (R25, R29, R252). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Settings } from '../../config/settings.js';
import type { Random } from '../../protocol/clock.js';
import { Verified } from './verified.js';

interface StaticKey {
  digest: Buffer;
  verified: Verified;
}

export class StaticKeys {
  readonly #salt: Buffer;
  readonly #keys: StaticKey[];

  constructor({ apiKey, authToken, simpleRoles }: Pick<Settings, 'apiKey' | 'authToken' | 'simpleRoles'>, random: Random) {
    this.#salt = random.bytes(32);
    const configured = [['MCP_API_KEY', apiKey], ['MCP_AUTH_TOKEN', authToken]] as const;
    this.#keys = configured.flatMap(([name, text]) => (text === undefined ? [] : [{ digest: this.#digest(text), verified: verdict(name, simpleRoles) }]));
  }

  /** Compares with every key in the same time, whichever it is and wherever the first difference lies. */
  find(text: string): Verified | undefined {
    const digest = this.#digest(text);
    let found: Verified | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found = key.verified;
    return found;
  }

  // Equal lengths for timingSafeEqual, and nothing an attacker chooses is compared byte by byte.
  #digest(text: string): Buffer {
    return createHmac('sha256', this.#salt).update(text).digest();
  }
}

function verdict(name: string, roles: readonly string[]): Verified {
  return new Verified('key', { kind: 'key', issuer: 'local', subject: name, client: name, scopes: ['*'], roles, tenant: 'default' });
}
