/** The authorization server; people and pages come from the modules it is given. */
import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { SigningKeys } from '../credentials/signing-keys.js';
import { RolesModule } from '../roles.module.js';
import { StepUpHints } from '../step-up-hints.port.js';
import { AddressLimits } from './address-limits.js';
import { AssertionGrant } from './assertion-grant.js';
import { AuthorizationServer } from './authorization-server.js';
import { ClientDocuments } from './client-documents.js';
import { ClientRegistry } from './client-registry.js';
import { CrossOrigin } from './cross-origin.js';
import { EndpointLimits } from './endpoint-limits.port.js';
import { FrontLimits } from './front-limits.js';
import { GrantRevoker } from './grant-revoker.js';
import { Grants } from './grants.js';
import { ModelSeal } from './model-seal.js';
import { Network } from './network.js';
import { PageHooks } from './page-hooks.js';
import { PinnedFetch } from './pinned-fetch.js';
import { ProviderConfiguration } from './provider-configuration.js';
import { ProviderFactory } from './provider-factory.js';
import { ProviderHolder } from './provider-holder.js';
import { ProviderPolicy } from './provider-policy.js';
import { ResourcePolicy } from './resource-policy.js';
import { RecentStepUps } from './step-up-hints.js';
import { StructuredTokens } from './structured-tokens.js';
import { TokenClaims } from './token-claims.js';
import { TrustedIssuers } from './trusted-issuers.js';
import { UserCodeGuesses } from './user-code-guesses.js';

@Module({})
export class AuthorizationServerModule {
  /** @param imports modules that export `Accounts` and `Pages`. */
  static with(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: AuthorizationServerModule,
      imports: [...imports, RolesModule],
      providers: [
        AuthorizationServer, FrontLimits, UserCodeGuesses, ProviderHolder, ProviderFactory, ProviderConfiguration, ProviderPolicy, PageHooks, ResourcePolicy,
        TokenClaims, StructuredTokens, Grants, GrantRevoker, ClientRegistry, ClientDocuments, PinnedFetch, Network, CrossOrigin,
        AssertionGrant, TrustedIssuers, ModelSeal, SigningKeys, RecentStepUps,
        { provide: StepUpHints, useExisting: RecentStepUps },
        { provide: EndpointLimits, useClass: AddressLimits },
      ],
      exports: [AuthorizationServer, ProviderHolder, Grants, ClientRegistry, SigningKeys, StepUpHints],
    };
  }
}
