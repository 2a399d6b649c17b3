/** Who may come in and what they may use: the door, the roles, and where we issue tokens ourselves, the authorization server. */
import { Module, type DynamicModule } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { AccessPolicy } from '../protocol/access.js';
import { AccountsModule } from './accounts.module.js';
import { ApiKeys } from './api-keys.service.js';
import { AuthorizationEndpoints, noAuthorizationEndpoints } from './authorization-endpoints.port.js';
import { AuthorizationServer } from './authorization-server/authorization-server.js';
import { AuthorizationServerModule } from './authorization-server/authorization-server.module.js';
import { ClientRegistry } from './authorization-server/client-registry.js';
import { GrantRevoker } from './authorization-server/grant-revoker.js';
import { InteractionsModule } from './authorization-server/interactions/interactions.module.js';
import { PagesModule } from './authorization-server/interactions/pages/pages.module.js';
import { ModelSeal } from './authorization-server/model-seal.js';
import { RecentStepUps } from './authorization-server/step-up-hints.js';
import { credentialProviders } from './credentials/credentials.providers.js';
import { SigningKeys } from './credentials/signing-keys.js';
import { Door } from './door.port.js';
import { ProtectedResourceController } from './protected-resource.controller.js';
import { RolesModule } from './roles.module.js';
import { StepUpHints } from './step-up-hints.port.js';
import { StreamTickets } from './stream-tickets.js';

/** What the door needs of an authorization server, where there is none: nothing of it is ever opened. */
@Module({
  providers: [SigningKeys, ClientRegistry, GrantRevoker, ModelSeal, { provide: StepUpHints, useClass: RecentStepUps }],
  exports: [SigningKeys, ClientRegistry, StepUpHints],
})
class NoAuthorizationServerModule {}

@Module({})
export class AuthModule {
  static forRoot({ authMode }: Pick<Settings, 'authMode'>): DynamicModule {
    const issuing = authMode === 'embedded' || authMode === 'federated';
    const people = [AccountsModule, PagesModule];
    const server = issuing ? AuthorizationServerModule.with(people) : NoAuthorizationServerModule;
    return {
      module: AuthModule,
      // Tools ask the policy without knowing who answers: strangers share `protocol`, and no import.
      global: true,
      imports: [AccountsModule, RolesModule, server, ...(issuing ? [InteractionsModule.with([...people, server, RolesModule])] : [])],
      controllers: [ProtectedResourceController],
      providers: [
        ...credentialProviders,
        issuing ? { provide: AuthorizationEndpoints, useExisting: AuthorizationServer } : { provide: AuthorizationEndpoints, useValue: noAuthorizationEndpoints },
      ],
      exports: [AuthorizationEndpoints, Door, AccessPolicy, ApiKeys, StreamTickets, AccountsModule, server],
    };
  }
}
