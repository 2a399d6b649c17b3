/** What our access tokens say beyond RFC 9068: the grant that can be taken back, and how fresh the person's rights are. */
import { Inject, Injectable } from '@nestjs/common';
import { errors, type AccessToken, type ClientCredentials, type KoaContextWithOIDC } from 'oidc-provider';
import { Accounts } from '../accounts.port.js';
import { clientKind } from './client-kind.js';
import { machineGrantId } from './client-registry.js';

@Injectable()
export class TokenClaims {
  constructor(@Inject(Accounts) private readonly accounts: Accounts) {}

  /** The last stop before a token is signed: a machine token for a client nobody vouches for ends here. */
  readonly claimsOf = async (_ctx: KoaContextWithOIDC | undefined, token: AccessToken | ClientCredentials): Promise<Record<string, unknown>> => {
    const { client, clientId = '' } = token;
    if (token.kind === 'ClientCredentials') {
      if (clientKind(clientId) !== 'operator') throw new errors.UnauthorizedClient('the client may not act for itself');
      return { gid: machineGrantId(clientId, client?.['gatehouse_generation']) };
    }
    const account = await this.accounts.find(token.accountId);
    if (!account || account.disabled) throw new errors.InvalidGrant('the account is gone');
    return { gid: token.grantId, epoch: account.epoch };
  };
}
