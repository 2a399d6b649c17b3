/** The whole application with sign-in, real roles and cheap hashes, and people who sit in front of browsers. */
import { randomBytes } from 'node:crypto';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from '../../src/app.module.js';
import { HashingCost } from '../../src/auth/accounts/passwords.js';
import { Network } from '../../src/auth/authorization-server/network.js';
import { Users } from '../../src/auth/users.js';
import { settingsFrom } from '../../src/config/load.js';
import { Log } from '../../src/observability/log.js';
import { Clock } from '../../src/protocol/clock.js';
import { CredentialWatch } from '../../src/transport/credential-watch.js';
import { Doors } from '../../src/transport/doors.js';
import { GatehouseHttpAdapter } from '../../src/transport/http-adapter.js';
import { AuthPerson } from './mcp-auth-person.js';
import { freePort } from './sign-in-server.js';

/** What differs from the defaults. */
export interface AuthServerOptions {
  settings?: Record<string, unknown>;
  modules?: readonly (Type | DynamicModule)[];
  /** Stands for the internet. */
  network?: Network;
  /** Takes every line, instead of standard error. */
  log?: Log;
}

/** A running server. */
export interface AuthServer {
  app: INestApplication;
  url: string;
  users: Users;
  /** Added to the real time, in milliseconds. */
  clock: { ahead: number };
  /** A person with an account and a browser of their own. */
  person(login: string, roles?: readonly string[]): Promise<AuthPerson>;
  /** Judges the credentials of all open streams, as the server does twice a minute. */
  judgeStreams(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it on a free port, with everything in memory and the roles of `config/roles.yaml`. */
export async function startAuthServer({ settings: changes = {}, modules = [], network, log }: AuthServerOptions = {}): Promise<AuthServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = settingsFrom({
    // What was taken back is looked for with every request: tests ask sooner than two milliseconds later.
    revocationCheckMs: 0,
    publicUrl: url, databaseUrl: 'sqlite::memory:', logLevel: 'silent', secret: randomBytes(32).toString('base64'),
    extraScopes: ['files:write'], registrationsPerMinute: 1000, drainSeconds: 1, ...changes, port,
  });
  const clock = { ahead: 0 };
  const adapter = new GatehouseHttpAdapter(settings);
  let building = Test.createTestingModule({ imports: [AppModule.forRoot(settings, modules)] })
    .overrideProvider(Clock).useValue({ now: () => Date.now() + clock.ahead })
    .overrideProvider(HashingCost).useValue({ log2: 6, blockSize: 8, parallelism: 1 });
  if (network) building = building.overrideProvider(Network).useValue(network);
  if (log) building = building.overrideProvider(Log).useValue(log);
  const module = await building.compile();
  const app = module.createNestApplication(adapter, { bodyParser: false, logger: false });
  adapter.setFront(app.get(Doors).front);
  await app.listen(port, '127.0.0.1');
  const users = app.get(Users);
  return {
    app, url, users, clock,
    async person(login, roles = ['analyst']) {
      const password = `${randomBytes(9).toString('base64url')} and a long sentence`;
      const welcome = await users.create({ login, displayName: login, roles });
      if (!welcome) throw new Error(`${login} is there already`);
      await users.setPassword(welcome.user.id, password);
      return new AuthPerson(url, { id: welcome.user.id, login, password });
    },
    judgeStreams: () => app.get(CredentialWatch, { strict: false }).check(),
    close: () => {
      adapter.server.closeAllConnections();
      return app.close();
    },
  };
}
