/** Checks that whoever sends a bound token holds its key: one signed proof for each request (DPoP, RFC 9449 §4.3). */
import type { IncomingMessage } from 'node:http';
import { hash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Settings } from '../../config/settings.js';
import type { Clock } from '../../protocol/clock.js';
import { Fault, fault } from '../../protocol/faults.js';
import { outsidePath } from '../resource.js';
import { ASYMMETRIC } from './token-shape.js';

const proofClaims = z.object({
  htm: z.string().max(32), htu: z.string().max(4096), iat: z.number().finite(), jti: z.string().min(1).max(256), ath: z.string().max(64),
});
const proofHeader = z.object({ jwk: z.looseObject({ kty: z.string() }) });

const MAX_PROOF = 4096;
/** How old a proof may be; for as long its id is remembered. */
const WINDOW_MS = 60_000;
const MOST_REMEMBERED = 100_000;

export class Proofs {
  /** Ids of proofs already used, by key, oldest first. */
  readonly #used = new Map<string, number>();
  /** Requests whose proof was good: a stream is judged again by the request that opened it. */
  readonly #proven = new WeakMap<IncomingMessage, string>();

  constructor(private readonly settings: Pick<Settings, 'publicUrl' | 'ssePath' | 'sseMessagesPath' | 'clockSkewSeconds'>, private readonly clock: Clock) {}

  /** Throws `token_invalid` unless the request carries a fresh proof for this token by the key of this thumbprint. */
  async check(request: IncomingMessage, token: string, thumbprint: string): Promise<void> {
    if (this.#proven.get(request) === thumbprint) return;
    const { dpop: proof } = request.headers;
    if (typeof proof !== 'string' || proof.length > MAX_PROOF) throw refused('proof missing, repeated or too long');
    try {
      await this.#judge(proof, request, token, thumbprint);
    } catch (error) {
      throw error instanceof Fault ? error : refused(error instanceof Error ? error.message : String(error));
    }
    this.#proven.set(request, thumbprint);
  }

  async #judge(proof: string, request: IncomingMessage, token: string, thumbprint: string): Promise<void> {
    const now = this.clock.now();
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: [...ASYMMETRIC], currentDate: new Date(now) });
    const { htm, htu, iat, jti, ath } = proofClaims.parse(payload);
    const { jwk } = proofHeader.parse(protectedHeader);
    if (await calculateJwkThumbprint(jwk) !== thumbprint) throw refused('another key');
    if (htm !== request.method) throw refused('another method');
    if (withoutQuery(htu) !== withoutQuery(this.settings.publicUrl + outsidePath(request.url ?? '', this.settings))) throw refused('another address');
    if (ath !== hash('sha256', token, 'base64url')) throw refused('another token');
    const age = now - iat * 1000;
    if (age > WINDOW_MS || age < -this.settings.clockSkewSeconds * 1000) throw refused('too old or not yet made');
    this.#useOnce(`${thumbprint} ${jti}`, now);
  }

  #useOnce(id: string, now: number): void {
    for (const [known, until] of this.#used) {
      if (until > now && this.#used.size < MOST_REMEMBERED) break;
      this.#used.delete(known);
    }
    if (this.#used.has(id)) throw refused('used before');
    this.#used.set(id, now + WINDOW_MS + this.settings.clockSkewSeconds * 1000);
  }
}

/** Scheme and host in their normal form, without query and fragment (RFC 9449 §4.3, "htu"). */
function withoutQuery(address: string): string | undefined {
  const url = URL.parse(address);
  return url ? url.origin + url.pathname : undefined;
}

function refused(reason: string): Fault {
  return fault('token_invalid', { challenge: { error: 'invalid_dpop_proof' }, detail: { reason } });
}
