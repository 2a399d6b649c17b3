/** Where all modules meet. */
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { ConfigModule } from './config/config.module.js';
import type { Settings } from './config/settings.js';
import { LibraryModule } from './library/library.module.js';
import { ObservabilityModule } from './observability/observability.module.js';
import { SessionsModule } from './sessions/sessions.module.js';
import { StorageModule } from './storage/storage.module.js';
import { ToolsModule } from './tools/tools.module.js';
import { TransportModule } from './transport/transport.module.js';

@Module({})
export class AppModule {
  /** @param modules modules of the embedding application whose providers carry `@Tool` and its kin. */
  static forRoot(settings: Settings, modules: readonly (Type | DynamicModule)[] = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(settings), ObservabilityModule, StorageModule, AuthModule.forRoot(settings),
        SessionsModule, ToolsModule, TransportModule, LibraryModule, ...modules,
      ],
    };
  }
}
