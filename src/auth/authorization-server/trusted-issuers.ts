/** The identity providers whose assertions the operator trusts, and their keys (found by discovery, RFC 8414). */
import { Injectable } from '@nestjs/common';
import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { allowInsecureRequests, customFetch, discovery, None } from 'openid-client';
import { Settings } from '../../config/settings.js';

const TIMEOUT_SECONDS = 5;
const KEEP_MS = 600_000;

@Injectable()
export class TrustedIssuers {
  readonly #keys = new Map<string, Promise<JWTVerifyGetKey>>();

  constructor(private readonly settings: Settings) {}

  isTrusted(issuer: string): boolean {
    return this.settings.idJagIssuers.includes(issuer);
  }

  /** Finds the key of a signature. Throws when the issuer cannot be reached. */
  keysOf(issuer: string): Promise<JWTVerifyGetKey> {
    const known = this.#keys.get(issuer) ?? this.#discover(issuer);
    this.#keys.set(issuer, known);
    // An issuer that was away is asked again next time.
    known.catch(() => this.#keys.delete(issuer));
    return known;
  }

  async #discover(issuer: string): Promise<JWTVerifyGetKey> {
    const insecure = issuer.startsWith('http:') ? [allowInsecureRequests] : [];
    const found = await discovery(new URL(issuer), 'gatehouse', undefined, None(), {
      execute: insecure, timeout: TIMEOUT_SECONDS, [customFetch]: (url, options) => fetch(url, { ...options, redirect: 'error' }),
    });
    const { jwks_uri: address, issuer: named } = found.serverMetadata();
    if (named !== issuer || address === undefined) throw new Error('The issuer does not describe itself');
    return createRemoteJWKSet(new URL(address), { timeoutDuration: TIMEOUT_SECONDS * 1000, cacheMaxAge: KEEP_MS });
  }
}
