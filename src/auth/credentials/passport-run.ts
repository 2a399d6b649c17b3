/**
 * Runs passport's strategies where there is no Express request: on what was presented, and nothing else. Each server has
 * its own set, since passport's usual instance is one for the whole process.
 */
import passport, { type Strategy } from 'passport';
import { Fault, fault } from '../../protocol/faults.js';
import type { Presented } from './presented.js';
import { Verified } from './verified.js';

/** A set of strategies that belongs to nobody; what `PassportStrategy` puts its own name into on construction. */
export function ownPassport(): passport.Authenticator {
  return new passport.Authenticator();
}

export class PassportRun {
  readonly #passport = ownPassport();

  add(name: string, strategy: Strategy): this {
    this.#passport.use(name, strategy);
    return this;
  }

  /** The verdict of a strategy. Throws its fault, `token_invalid` for a plain no, `credentials_unavailable` for a failure. */
  judge(name: string, presented: Presented): Promise<Verified> {
    return new Promise((resolve, reject) => {
      const done = (error: unknown, verdict?: unknown, info?: unknown): void => {
        if (verdict instanceof Verified) return resolve(verdict);
        reject(refusalOf(error ?? undefined, info));
      };
      // Passport writes on what it is given; each request presents an object of its own.
      this.#passport.authenticate(name, { session: false }, done)(presented, {}, reject);
    });
  }
}

function refusalOf(error: unknown, info: unknown): Fault {
  for (const one of [error, info]) if (one instanceof Fault && one.fault !== 'storage_unavailable') return one;
  // Who should have judged failed: that says nothing about the credential.
  if (error !== undefined) return fault('credentials_unavailable', { cause: error, retryAfterSeconds: 5 });
  return fault('token_invalid', { challenge: { error: 'invalid_token' }, detail: { reason: info instanceof Error ? info.message : String(info) } });
}
