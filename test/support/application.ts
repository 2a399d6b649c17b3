/** The whole application as people sign in to it: real HTTP, everything in memory, cheap hashes, a clock the test owns. */
import { randomBytes } from 'node:crypto';
import type { DynamicModule, INestApplication, InjectionToken, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from '../../src/app.module.js';
import { HashingCost } from '../../src/auth/accounts/passwords.js';
import { Users } from '../../src/auth/users.js';
import { settingsFrom } from '../../src/config/load.js';
import { Clock } from '../../src/protocol/clock.js';
import { Doors } from '../../src/transport/doors.js';
import { GatehouseHttpAdapter } from '../../src/transport/http-adapter.js';
import { manyFromOneAddress } from './gatehouse.js';

/** What differs from the defaults. */
export interface ApplicationOptions {
  port: number;
  settings: Record<string, unknown>;
  modules?: readonly (Type | DynamicModule)[];
  /** Providers that stand for others. */
  instead?: readonly (readonly [token: InjectionToken, value: unknown])[];
}

/** A person to be. */
export interface Newcomer {
  login: string;
  displayName: string;
  password: string;
  roles: readonly string[];
}

/** An application that listens. */
export interface Application {
  app: INestApplication;
  adapter: GatehouseHttpAdapter;
  url: string;
  users: Users;
  /** Added to the real time, in milliseconds. */
  clock: { ahead: number };
  /** An account whose password needs no replacing. */
  welcome(person: Newcomer): Promise<{ id: string; login: string; password: string }>;
}

/** Starts it on the given port. */
export async function startApplication({ port, settings: changes, modules, instead = [] }: ApplicationOptions): Promise<Application> {
  const url = `http://127.0.0.1:${port}`;
  const settings = settingsFrom({
    publicUrl: url, databaseUrl: 'sqlite::memory:', logLevel: 'silent', secret: randomBytes(32).toString('base64'),
    extraScopes: ['files:write'], ...manyFromOneAddress, ...changes, port,
  });
  const clock = { ahead: 0 };
  const adapter = new GatehouseHttpAdapter(settings);
  const building = Test.createTestingModule({ imports: [AppModule.forRoot(settings, modules)] })
    .overrideProvider(Clock).useValue({ now: () => Date.now() + clock.ahead })
    .overrideProvider(HashingCost).useValue({ log2: 6, blockSize: 8, parallelism: 1 });
  for (const [token, value] of instead) building.overrideProvider(token).useValue(value);
  const app = (await building.compile()).createNestApplication(adapter, { bodyParser: false, logger: false });
  adapter.setFront(app.get(Doors).front);
  await app.listen(port, '127.0.0.1');
  const users = app.get(Users);
  return {
    app, adapter, url, users, clock,
    async welcome({ login, displayName, password, roles }) {
      const welcome = await users.create({ login, displayName, roles });
      if (!welcome) throw new Error(`${login} is there already`);
      await users.setPassword(welcome.user.id, password);
      return { id: welcome.user.id, login, password };
    },
  };
}
