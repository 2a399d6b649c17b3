/** Where the keys that verify tokens come from: our own signing keys, or those an issuer publishes. */
import type { KeyObject } from 'node:crypto';
import type { TokenHeader } from './token-shape.js';

export const TokenKeys = Symbol('TokenKeys');
export interface TokenKeys {
  /** Undefined where no key fits. Throws `credentials_unavailable` when that cannot be told right now. */
  find(header: TokenHeader): Promise<KeyObject | undefined>;
}

/** A published half of a signing key. */
export interface PublicSigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly key: KeyObject;
}

export const PublicKeys = Symbol('PublicKeys');
/** Our own keys, the current and those whose tokens may still be around. */
export interface PublicKeys {
  publicKeys(): readonly PublicSigningKey[];
}

/** Our own: a token names its key, and the algorithm must be the key's own. */
export class OwnTokenKeys implements TokenKeys {
  constructor(private readonly keys: PublicKeys) {}

  async find({ kid, alg }: TokenHeader): Promise<KeyObject | undefined> {
    return this.keys.publicKeys().find((key) => key.kid === kid && key.alg === alg)?.key;
  }
}
