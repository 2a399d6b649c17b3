/** Chooses where state is kept. The only module that knows the technologies. */
import { Global, Module, type FactoryProvider } from '@nestjs/common';
import { ApiKeyStore } from '../auth/api-keys.port.js';
import { OidcModelStore } from '../auth/oidc-models.port.js';
import { Revocations } from '../auth/revocations.port.js';
import { UserStore } from '../auth/users.port.js';
import { Vault } from '../auth/vault.port.js';
import { Settings } from '../config/settings.js';
import { RateCounter } from '../limits/rate-counter.port.js';
import { Slots } from '../limits/slots.port.js';
import { Log } from '../observability/log.js';
import { Clock, Random } from '../protocol/clock.js';
import { ServerSecret } from '../protocol/server-secret.js';
import { EventLog } from '../sessions/event-log.port.js';
import { SessionStore } from '../sessions/session-store.port.js';
import { ClusterState } from './cluster-state.js';
import { DurableState, type Stores } from './durable-state.js';
import { openServerSecret } from './files/server-secret.js';
import { MemoryEventLog } from './memory/event-log.memory.js';
import { MemorySessionStore } from './memory/session-store.memory.js';

@Global()
@Module({
  providers: [
    { provide: ClusterState, useFactory: ClusterState.open, inject: [Settings, Clock, Random, Log] },
    { provide: RateCounter, useFactory: ({ rates }: ClusterState) => rates, inject: [ClusterState] },
    { provide: Slots, useFactory: ({ slots }: ClusterState) => slots, inject: [ClusterState] },
    { provide: SessionStore, useClass: MemorySessionStore },
    {
      provide: EventLog,
      useFactory: (settings: Settings, clock: Clock, random: Random) => new MemoryEventLog({
        messages: settings.eventLogMessages, bytes: settings.eventLogBytes, ttlMs: settings.eventLogTtlSeconds * 1000,
      }, clock, random),
      inject: [Settings, Clock, Random],
    },
    { provide: ServerSecret, useFactory: openServerSecret, inject: [Settings, Random] },
    { provide: DurableState, useFactory: DurableState.open, inject: [Settings, ServerSecret, Clock, Random] },
    port(UserStore, 'users'),
    port(ApiKeyStore, 'apiKeys'),
    port(OidcModelStore, 'oidcModels'),
    port(Vault, 'vault'),
    port(Revocations, 'revocations'),
  ],
  exports: [RateCounter, Slots, SessionStore, EventLog, ServerSecret, UserStore, ApiKeyStore, OidcModelStore, Vault, Revocations],
})
export class StorageModule {}

function port(token: symbol, store: keyof Stores): FactoryProvider {
  return { provide: token, useFactory: ({ stores }: DurableState) => stores[store], inject: [DurableState] };
}
