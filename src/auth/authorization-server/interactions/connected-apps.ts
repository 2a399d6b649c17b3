/** The applications a person connected, with what is known about each. */
import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Log } from '../../../observability/log.js';
import type { ClientIntroduction } from '../../pages.port.js';
import { Grants } from '../grants.js';
import { ProviderHolder } from '../provider-holder.js';
import { introduce } from './introduce.js';
import type { ConnectedApp } from './pages/account-page.js';

// A client that describes itself elsewhere may have to be fetched; the page does not wait for a slow one.
const PATIENCE_MS = 1500;

@Injectable()
export class ConnectedApps {
  constructor(private readonly grants: Grants, private readonly holder: ProviderHolder, private readonly log: Log) {}

  /** One entry for each application, newest first: every consent makes a grant of its own, which is no concern of people. */
  async of(accountId: string): Promise<ConnectedApp[]> {
    const byClient = Map.groupBy(await this.grants.of(accountId), ({ clientId }) => clientId);
    return Promise.all([...byClient].map(async ([clientId, grants]) => ({
      client: await this.#introduce(clientId),
      scopes: [...new Set(grants.flatMap(({ scopes }) => scopes))], since: Math.min(...grants.map(({ grantedAt }) => grantedAt)),
    })));
  }

  /** Takes back everything the person granted to a client. Grants of others are not looked at. */
  async remove(accountId: string, clientId: string): Promise<void> {
    const own = (await this.grants.of(accountId)).filter((grant) => grant.clientId === clientId);
    await Promise.all(own.map(({ grantId }) => this.grants.revoke(accountId, grantId)));
    this.log.info('grants.removed_by_person', { user: accountId, client: clientId, grants: own.length });
  }

  // No request says where this client is reached; the first address it registered is what is known.
  async #introduce(clientId: string): Promise<ClientIntroduction> {
    const found = this.holder.provider.Client.find(clientId).catch(() => undefined);
    const client = await Promise.race([found, sleep(PATIENCE_MS, undefined, { ref: false })]);
    return introduce({ clientId, clientName: client?.clientName }, client?.redirectUris?.[0]);
  }
}
