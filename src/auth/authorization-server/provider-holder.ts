/**
 * The live authorization server. Its key set is read when it is made, so a rotation of keys makes a new one over the
 * same store and swaps it in here; whoever needs it asks the holder each time.
 */
import { Injectable } from '@nestjs/common';
import type Provider from 'oidc-provider';

@Injectable()
export class ProviderHolder {
  #provider: Provider | undefined;

  /** Throws an Error before the server has started. */
  get provider(): Provider {
    if (!this.#provider) throw new Error('The authorization server has not started');
    return this.#provider;
  }

  swap(provider: Provider): void {
    this.#provider = provider;
  }
}
