/** Assembles the catalogue and the dispatcher over it. */
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Settings } from '../config/settings.js';
import { packageVersion } from '../config/version.js';
import { Log } from '../observability/log.js';
import { AccessPolicy } from '../protocol/access.js';
import { Clock, Random } from '../protocol/clock.js';
import type { ServerIdentity } from '../protocol/server-identity.js';
import { ServerSecret } from '../protocol/server-secret.js';
import { Catalogue } from './catalogue.js';
import { ChangeFeed } from './change-feed.js';
import { Dispatcher } from './dispatcher.js';
import { Explorer } from './discovery/explorer.js';
import { RequestStates } from './execution/request-state.js';
import { Envelope } from './methods/envelope.js';
import { Failures } from './methods/failures.js';
import { Lists } from './methods/lists.js';
import { Subscriptions } from './methods/subscription.js';

function makeDispatcher(
  settings: Settings, catalogue: Catalogue, feed: ChangeFeed, access: AccessPolicy, secret: ServerSecret, clock: Clock, random: Random, log: Log,
): Dispatcher {
  const identity: ServerIdentity = {
    info: { name: settings.serverName, title: settings.serverTitle, version: packageVersion() },
    instructions: settings.instructions,
  };
  const secrets = secret.previous === undefined ? [secret.current] : [secret.current, secret.previous];
  // Whoever gains or loses a right learns that his lists have changed.
  access.onChange(() => {
    for (const kind of ['tools', 'prompts', 'resources'] as const) feed.announce({ kind });
  });
  const envelope = new Envelope(identity.info, settings.maxResultBytes);
  return new Dispatcher({
    catalogue, access, identity, envelope, clock,
    lists: new Lists(catalogue, access, envelope, { pageSize: settings.pageSize, ttlMs: settings.listTtlMs, secret: secret.current }),
    subscriptions: new Subscriptions(feed, envelope),
    states: new RequestStates(secrets, settings.requestStateTtlSeconds * 1000, clock, random),
    failures: new Failures(log, () => random.bytes(6).toString('base64url')),
  }, settings);
}

@Module({
  imports: [DiscoveryModule],
  providers: [
    ChangeFeed, Catalogue, Explorer,
    { provide: Dispatcher, useFactory: makeDispatcher, inject: [Settings, Catalogue, ChangeFeed, AccessPolicy, ServerSecret, Clock, Random, Log] },
  ],
  exports: [Catalogue, ChangeFeed, Dispatcher],
})
export class ToolsModule {}
