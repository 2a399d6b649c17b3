/** Finds out about an external issuer (OpenID Connect Discovery 1.0 §4, RFC 8414 §3). */
import { z } from 'zod';
import { askJson } from './outbound.js';

const endpoint = z.url({ protocol: /^https?$/ }).optional();
const document = z.object({ issuer: z.string(), jwks_uri: endpoint, introspection_endpoint: endpoint });

/** What of an issuer's metadata is needed here. */
export type IssuerMetadata = z.output<typeof document>;

const RETRY_MS = 2000;

export class IssuerDiscovery {
  #found: IssuerMetadata | undefined;
  #asking: Promise<IssuerMetadata> | undefined;
  #failed: { at: number; error: unknown } | undefined;

  constructor(private readonly issuer: string) {}

  /** Throws an Error where the issuer cannot be asked or says something else about itself. */
  find(): Promise<IssuerMetadata> {
    if (this.#found) return Promise.resolve(this.#found);
    if (this.#failed && performance.now() - this.#failed.at < RETRY_MS) return Promise.reject(this.#failed.error);
    return (this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    }));
  }

  async #ask(): Promise<IssuerMetadata> {
    try {
      this.#found = await askFirst(addressesOf(this.issuer), this.issuer);
      return this.#found;
    } catch (error) {
      this.#failed = { at: performance.now(), error };
      throw error;
    }
  }
}

function addressesOf(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/+$/, '');
  return [...new Set([
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
  ])];
}

async function askFirst(addresses: readonly string[], issuer: string): Promise<IssuerMetadata> {
  let last: unknown;
  for (const address of addresses) {
    try {
      const found = document.parse(await askJson(address));
      // Byte for byte (RFC 8414 §3.3): a document about somebody else vouches for nothing.
      if (found.issuer !== issuer) throw new Error(`The document at ${address} is about another issuer`);
      return found;
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
