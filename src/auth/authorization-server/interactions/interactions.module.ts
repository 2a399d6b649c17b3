/** What people see of the authorization server: signing in, consent, connected applications. */
import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { Settings } from '../../../config/settings.js';
import { AccountController } from './account.controller.js';
import { AccountSessions } from './account-sessions.js';
import { AccountSignInController } from './account-sign-in.controller.js';
import { ConnectedApps } from './connected-apps.js';
import { Consent } from './consent.js';
import { Cookies } from './cookies.js';
import { FederationCallbackController } from './federation/callback.controller.js';
import { Federation } from './federation/federation.js';
import { Hops } from './federation/hop.js';
import { Shadows } from './federation/shadows.js';
import { Upstream } from './federation/upstream.js';
import { FormTokens } from './form-tokens.js';
import { InteractionController } from './interaction.controller.js';
import { PageWriter } from './page-writer.js';
import { PasswordDialog } from './password-dialog.js';
import { SignInDialog } from './sign-in-dialog.js';

@Module({})
export class InteractionsModule {
  /** @param imports `AccountsModule`, `PagesModule`, and modules that export `ProviderHolder`, `Grants` and `RoleMap`. */
  static with(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: InteractionsModule,
      imports,
      controllers: [InteractionController, FederationCallbackController, AccountController, AccountSignInController],
      providers: [
        AccountSessions, ConnectedApps, Consent, Cookies, Federation, FormTokens, Hops, PageWriter, PasswordDialog, Shadows, Upstream,
        {
          provide: SignInDialog,
          useFactory: (settings: Settings, here: PasswordDialog, there: Federation) => (settings.authMode === 'federated' ? there : here),
          inject: [Settings, PasswordDialog, Federation],
        },
      ],
    };
  }
}
