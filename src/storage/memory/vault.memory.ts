/** Sealed secrets in this process: for tests, and for servers that keep nothing. */
import type { Vault } from '../../auth/vault.port.js';
import type { Sealer } from '../records/sealer.js';
import { byCodePoints } from './order.js';

export class MemoryVault implements Vault {
  /** @param sealed what is kept, by name; given from outside where it outlives the vault. */
  constructor(private readonly sealer: Sealer, private readonly sealed = new Map<string, Uint8Array>()) {}

  async put(name: string, secret: Uint8Array, replace: boolean): Promise<boolean> {
    if (this.sealed.has(name) && !replace) return false;
    this.sealed.set(name, this.sealer.seal(name, secret));
    return true;
  }

  async find(name: string): Promise<Uint8Array | undefined> {
    const sealed = this.sealed.get(name);
    if (!sealed) return undefined;
    const { secret, stale } = this.sealer.open(name, sealed);
    if (stale) await this.put(name, secret, true);
    return secret;
  }

  async remove(name: string): Promise<boolean> {
    return this.sealed.delete(name);
  }

  async names(prefix: string): Promise<string[]> {
    return [...this.sealed.keys()].filter((name) => name.startsWith(prefix)).toSorted(byCodePoints);
  }
}
