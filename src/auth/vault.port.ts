/** Secrets at rest: signing keys, cookie keys, secrets of upstream servers. Stored sealed under `GATEHOUSE_SECRET`. */

export const Vault = Symbol('Vault');
export interface Vault {
  /** Keeps a secret under a name. False when the name is taken and `replace` is not wanted. */
  put(name: string, secret: Uint8Array, replace: boolean): Promise<boolean>;
  /** Throws an Error when what is there was sealed under another secret. */
  find(name: string): Promise<Uint8Array | undefined>;
  remove(name: string): Promise<boolean>;
  /** Names that begin with a prefix, sorted. */
  names(prefix: string): Promise<string[]>;
}
