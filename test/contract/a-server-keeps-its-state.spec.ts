import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiKeyStore } from '../../src/auth/api-keys.port.js';
import { OidcModelStore } from '../../src/auth/oidc-models.port.js';
import { Revocations } from '../../src/auth/revocations.port.js';
import { UserStore } from '../../src/auth/users.port.js';
import { Vault } from '../../src/auth/vault.port.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { settingsFrom } from '../../src/config/load.js';
import { ObservabilityModule } from '../../src/observability/observability.module.js';
import { ServerSecret } from '../../src/protocol/server-secret.js';
import { openServerSecret } from '../../src/storage/files/server-secret.js';
import { StorageModule } from '../../src/storage/storage.module.js';
import { aUser } from '../support/people.js';
import { random } from '../support/stores.js';

let data: string;
beforeEach(() => {
  data = join(mkdtempSync(join(tmpdir(), 'gatehouse-state-')), 'data');
});
afterEach(() => rmSync(join(data, '..'), { recursive: true }));

/** As much of a server as knows where state is kept. */
async function start(values: Parameters<typeof settingsFrom>[0], modules: Type[] = []): Promise<TestingModule> {
  const settings = settingsFrom({ logLevel: 'silent', dataDirectory: data, ...values });
  const server = await Test.createTestingModule({ imports: [ConfigModule.forRoot(settings), ObservabilityModule, StorageModule, ...modules] }).compile();
  return server.init();
}

describe('a server keeps its state', () => {
  it('in its data directory by default, over a restart', async () => {
    const first = await start({});
    await first.get<UserStore>(UserStore).add(aUser());
    await first.get<Vault>(Vault).put('cookie', Uint8Array.of(1), false);
    const secret = first.get<ServerSecret>(ServerSecret);
    await first.close();

    const second = await start({});
    expect(second.get<ServerSecret>(ServerSecret)).toEqual(secret);
    expect(await second.get<UserStore>(UserStore).find('u-anna')).toEqual(aUser());
    expect(await second.get<Vault>(Vault).find('cookie')).toEqual(Uint8Array.of(1));
    await second.close();
    expect(statSync(data).mode & 0o777).toBe(0o700);
    expect(statSync(join(data, 'gatehouse.db')).mode & 0o777).toBe(0o600);
  });

  it('nowhere when it is told so', async () => {
    const server = await start({ databaseUrl: 'sqlite::memory:' });
    for (const port of [ApiKeyStore, OidcModelStore, Revocations, UserStore, Vault]) expect(server.get(port)).toBeDefined();
    expect(server.get<ServerSecret>(ServerSecret).current.length).toBeGreaterThanOrEqual(64);
    await server.close();
    expect(existsSync(data)).toBe(false);
  });

  it('open until everybody else has ended', async () => {
    const found: string[] = [];

    @Injectable()
    class LastWords {
      constructor(@Inject(UserStore) private readonly users: UserStore) {}

      async onModuleDestroy(): Promise<void> {
        found.push(`destroy ${await this.users.count()}`);
      }

      async onApplicationShutdown(): Promise<void> {
        found.push(`shutdown ${await this.users.count()}`);
      }
    }

    @Module({ providers: [LastWords] })
    class LastModule {}

    const server = await start({}, [LastModule]);
    const users = server.get<UserStore>(UserStore);
    await server.close();
    expect(found).toEqual(['destroy 0', 'shutdown 0']);
    await expect(users.count()).rejects.toThrow('destroyed');
  });

  it('or does not start, and says in one sentence why', async () => {
    await expect(start({ databaseUrl: 'postgres://root:hunter2@127.0.0.1:1/gatehouse' }))
      .rejects.toThrow(/^The database postgres:\/\/127\.0\.0\.1:1\/gatehouse cannot be opened\. The database does not answer \(ECONNREFUSED\)$/);
  });
});

describe('the server secret', () => {
  it('is the configured one, with the one before it, and nothing is written', () => {
    const secret = 'n8QzT4vLr0WcX2bKp7YdHs5GjM9uEaFi';
    const settings = settingsFrom({ dataDirectory: data, secret, previousSecret: `${secret}-before` });
    expect(openServerSecret(settings, random)).toEqual({ current: secret, previous: `${secret}-before` });
    expect(existsSync(data)).toBe(false);
  });

  it('is not taken from a damaged file', () => {
    openServerSecret(settingsFrom({ dataDirectory: data }), random);
    writeFileSync(join(data, 'secret'), 'short');
    expect(() => openServerSecret(settingsFrom({ dataDirectory: data }), random)).toThrow(/secret is damaged: .* Restore it, or set GATEHOUSE_SECRET$/);
  });
});
