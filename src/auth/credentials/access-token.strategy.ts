/** Judges signed access tokens (RFC 9068, RFC 8725): one list of algorithms, one issuer, our own audience. */
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { JsonObject } from '../../protocol/message.js';
import { ownPassport } from './passport-run.js';
import { Presented } from './presented.js';
import { ASYMMETRIC, isAccessTokenType, malformed, readTokenHeader } from './token-shape.js';
import type { TokenKeys } from './token-keys.js';
import type { Verified } from './verified.js';

/** What tokens must be. */
export interface TokenExpectations {
  issuer: string;
  audiences: [string, ...string[]];
  /** Insists on `typ: at+jwt`. */
  typed: boolean;
}

/** Makes a verdict of claims whose signature, issuer and audience are right. */
export interface ClaimsJudge {
  judge(claims: JsonObject): Promise<Verified>;
}

export class AccessTokenStrategy extends PassportStrategy(Strategy, 'access-token') {
  constructor({ issuer, audiences, typed }: TokenExpectations, keys: TokenKeys, private readonly judge: ClaimsJudge) {
    super({
      jwtFromRequest: textOf,
      secretOrKeyProvider: (_request, token, done) => void provideKey(String(token), typed, keys, done),
      algorithms: [...ASYMMETRIC],
      // Times are judged by our own clock, all in one place.
      jsonWebTokenOptions: { issuer, audience: audiences, ignoreExpiration: true, ignoreNotBefore: true },
      issuer, audience: audiences, ignoreExpiration: true,
    });
  }

  getPassportInstance(): ReturnType<typeof ownPassport> {
    return ownPassport();
  }

  validate(claims: JsonObject): Promise<Verified> {
    return this.judge.judge(claims);
  }
}

/** The credential, as passport-jwt asks for it. */
export function textOf(presented: unknown): string | null {
  return presented instanceof Presented ? presented.text : null;
}

async function provideKey(token: string, typed: boolean, keys: TokenKeys, done: (error: unknown, key?: string) => void): Promise<void> {
  let key: string;
  try {
    key = await findKey(token, typed, keys);
  } catch (error) {
    return done(error);
  }
  done(null, key);
}

async function findKey(token: string, typed: boolean, keys: TokenKeys): Promise<string> {
  const header = readTokenHeader(token);
  if (header.alg === 'HS256') throw malformed('algorithm');
  // What is signed for another purpose, such as an ID token, is no access token (RFC 9068 §4).
  if (typed && !isAccessTokenType(header.typ)) throw malformed('typ');
  const key = await keys.find(header);
  if (!key) throw malformed('no such key');
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
