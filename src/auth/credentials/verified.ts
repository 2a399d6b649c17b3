/** A credential that has been judged good, with everything a later request needs to be judged by it again. */
import type { BlockList } from 'node:net';
import type { Caller } from '../../protocol/caller.js';

/** What a verdict may say beside who calls. */
export interface VerdictOptions {
  /** Milliseconds since the epoch. */
  expiresAt?: number | undefined;
  /** Thumbprint of the key the token is bound to (RFC 9449 §6). */
  proofKey?: string | undefined;
  /** Ranges the key may be used from. */
  addresses?: BlockList | undefined;
  /** Id of the stored key. */
  keyId?: string | undefined;
  /** The longest this verdict may be remembered, in milliseconds. */
  rememberMs?: number | undefined;
}

/** A class, so that it can be told from anything else that comes out of passport. */
export class Verified {
  readonly caller: Caller;
  readonly expiresAt: number | undefined;
  readonly proofKey: string | undefined;
  readonly addresses: BlockList | undefined;
  readonly keyId: string | undefined;
  readonly rememberMs: number | undefined;

  constructor(readonly kind: 'token' | 'key', caller: Caller, options: VerdictOptions = {}) {
    this.caller = Object.freeze({ ...caller, scopes: Object.freeze([...caller.scopes]), roles: Object.freeze([...caller.roles]) });
    this.expiresAt = options.expiresAt;
    this.proofKey = options.proofKey;
    this.addresses = options.addresses;
    this.keyId = options.keyId;
    this.rememberMs = options.rememberMs;
  }
}
