/** Simple mode: tokens signed with `JWT_SECRET` (R28). Whoever knows the secret says who calls and with which roles. */
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { Clock } from '../../protocol/clock.js';
import type { JsonObject } from '../../protocol/message.js';
import { textOf } from './access-token.strategy.js';
import { textClaim, wordsClaim } from './claims.js';
import { ownPassport } from './passport-run.js';
import { malformed } from './token-shape.js';
import { checkTimes } from './token-times.js';
import { Verified } from './verified.js';

/** What such tokens are held against. */
export interface SharedSecretOptions {
  secret: string;
  /** An audience is not demanded, but one that is there must be ours. */
  audiences: readonly string[];
  skewSeconds: number;
}

export class SharedSecretStrategy extends PassportStrategy(Strategy, 'shared-secret') {
  constructor(private readonly options: SharedSecretOptions, private readonly clock: Clock) {
    super({ jwtFromRequest: textOf, secretOrKey: options.secret, algorithms: ['HS256'], ignoreExpiration: true, jsonWebTokenOptions: { ignoreNotBefore: true } });
  }

  getPassportInstance(): ReturnType<typeof ownPassport> {
    return ownPassport();
  }

  validate(claims: JsonObject): Verified {
    const expiresAt = checkTimes(claims, this.clock.now(), this.options.skewSeconds);
    const audiences = wordsClaim(claims, ['aud']);
    if (claims['aud'] !== undefined && !audiences.some((audience) => this.options.audiences.includes(audience))) throw malformed('audience');
    if (claims['cnf'] !== undefined) throw malformed('cnf');
    const subject = textClaim(claims, ['sub', 'id', 'userId', 'email']);
    if (subject === undefined) throw malformed('sub is missing');
    const limits = ['scope', 'scopes', 'scp'].filter((name) => claims[name] !== undefined);
    const scopes = wordsClaim(claims, limits).filter((scope) => scope !== '*');
    return new Verified('token', {
      // The client tells it apart from all others of the same name: `JWT_SECRET` vouches for nobody else.
      kind: 'user', issuer: 'local', subject, client: 'JWT_SECRET', tenant: textClaim(claims, ['tenant']) ?? 'default',
      scopes: limits.length > 0 ? scopes : ['*'], roles: wordsClaim(claims, ['roles', 'role']).toSorted(),
    }, { expiresAt });
  }
}
