/** All that outlives a request, opened together: in memory, in SQLite or in PostgreSQL, as `databaseUrl` says. */
import type { OnApplicationShutdown } from '@nestjs/common';
import type { ApiKeyStore } from '../auth/api-keys.port.js';
import type { OidcModelStore } from '../auth/oidc-models.port.js';
import type { Revocations } from '../auth/revocations.port.js';
import type { UserStore } from '../auth/users.port.js';
import type { Vault } from '../auth/vault.port.js';
import type { Settings } from '../config/settings.js';
import type { Clock, Random } from '../protocol/clock.js';
import type { ServerSecret } from '../protocol/server-secret.js';
import { databaseAddress } from './database-address.js';
import { MemoryApiKeyStore } from './memory/api-key-store.memory.js';
import { MemoryOidcModelStore } from './memory/oidc-model-store.memory.js';
import { MemoryRevocations } from './memory/revocations.memory.js';
import { MemoryUserStore } from './memory/user-store.memory.js';
import { MemoryVault } from './memory/vault.memory.js';
import { Sealer } from './records/sealer.js';
import { SqlApiKeyStore } from './sql/api-key-store.sql.js';
import { openDatabase } from './sql/database.js';
import { SqlOidcModelStore } from './sql/oidc-model-store.sql.js';
import { SqlRevocations } from './sql/revocations.sql.js';
import { SqlUserStore } from './sql/user-store.sql.js';
import { SqlVault } from './sql/vault.sql.js';

/** The adapters of one place, by their ports. */
export interface Stores {
  users: UserStore;
  apiKeys: ApiKeyStore;
  oidcModels: OidcModelStore;
  vault: Vault;
  revocations: Revocations;
}

export class DurableState implements OnApplicationShutdown {
  private constructor(readonly stores: Stores, private readonly closeStores: () => Promise<void>) {}

  /** Throws an Error of one sentence where the database cannot be used. */
  static async open(settings: Settings, secret: ServerSecret, clock: Clock, random: Random): Promise<DurableState> {
    const address = databaseAddress(settings);
    const sealer = new Sealer(secret, random);
    if (address.kind === 'memory') return new DurableState(inMemory(sealer, clock), async () => {});
    const db = await openDatabase(address, { timeoutMs: settings.databaseTimeoutMs, poolSize: settings.databasePoolSize });
    return new DurableState({
      users: new SqlUserStore(db),
      apiKeys: new SqlApiKeyStore(db),
      oidcModels: new SqlOidcModelStore(db, clock),
      vault: new SqlVault(db, sealer),
      revocations: new SqlRevocations(db, clock),
    }, () => db.destroy());
  }

  /** Nest calls this hook last, when no request can come any more. */
  async onApplicationShutdown(): Promise<void> {
    await this.closeStores();
  }
}

function inMemory(sealer: Sealer, clock: Clock): Stores {
  const revocations = new MemoryRevocations(clock);
  return {
    users: new MemoryUserStore(revocations),
    apiKeys: new MemoryApiKeyStore(revocations),
    oidcModels: new MemoryOidcModelStore(clock),
    vault: new MemoryVault(sealer),
    revocations,
  };
}
