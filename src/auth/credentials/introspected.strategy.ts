/** Judges tokens by asking who issued them (RFC 7662): opaque ones, and signed ones whose issuer wants to be asked. */
import { PassportStrategy } from '@nestjs/passport';
import { fault } from '../../protocol/faults.js';
import type { ClaimsJudge, TokenExpectations } from './access-token.strategy.js';
import { wordsClaim } from './claims.js';
import type { Introspection } from './introspection.js';
import { ownPassport } from './passport-run.js';
import type { Presented } from './presented.js';
import { PresentedStrategy } from './presented.strategy.js';
import { malformed } from './token-shape.js';
import type { Verified } from './verified.js';

export class IntrospectedStrategy extends PassportStrategy(PresentedStrategy, 'introspected') {
  constructor(
    private readonly introspection: Introspection, private readonly judge: ClaimsJudge,
    private readonly expected: Pick<TokenExpectations, 'issuer' | 'audiences'>,
  ) {
    super();
  }

  getPassportInstance(): ReturnType<typeof ownPassport> {
    return ownPassport();
  }

  async validate({ text }: Presented): Promise<Verified> {
    const claims = await this.introspection.ask(text);
    if (!claims) throw fault('token_invalid', { challenge: { error: 'invalid_token' }, detail: { reason: 'not active' } });
    if (claims['iss'] !== undefined && claims['iss'] !== this.expected.issuer) throw malformed('issuer');
    if (!wordsClaim(claims, ['aud']).some((audience) => this.expected.audiences.includes(audience))) throw malformed('audience');
    return this.judge.judge(claims);
  }
}
