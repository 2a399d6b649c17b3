/** The whole application with sign-in, real roles and cheap hashes, and people who sit in front of browsers. */
import { randomBytes } from 'node:crypto';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { Network } from '../../src/auth/authorization-server/network.js';
import type { Users } from '../../src/auth/users.js';
import { Log } from '../../src/observability/log.js';
import { CredentialWatch } from '../../src/transport/credential-watch.js';
import { startApplication } from './application.js';
import { freePort } from './free-port.js';
import { AuthPerson } from './mcp-auth-person.js';

/** What differs from the defaults. */
export interface AuthServerOptions {
  settings?: Record<string, unknown>;
  modules?: readonly (Type | DynamicModule)[];
  /** Stands for the internet. */
  network?: Network;
  /** Takes every line, instead of standard error. */
  log?: Log;
  /** A free one where none is given. */
  port?: number;
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
export async function startAuthServer({ settings: changes = {}, modules = [], network, log, port }: AuthServerOptions = {}): Promise<AuthServer> {
  const { app, adapter, url, users, clock, welcome } = await startApplication({
    port: port ?? await freePort(), modules,
    // What was taken back is looked for with every request: tests ask sooner than two milliseconds later.
    settings: { revocationCheckMs: 0, registrationsPerMinute: 1000, drainSeconds: 1, ...changes },
    instead: [...(network ? [[Network, network] as const] : []), ...(log ? [[Log, log] as const] : [])],
  });
  return {
    app, url, users, clock,
    async person(login, roles = ['analyst']) {
      const password = `${randomBytes(9).toString('base64url')} and a long sentence`;
      return new AuthPerson(url, await welcome({ login, displayName: login, password, roles }));
    },
    judgeStreams: () => app.get(CredentialWatch, { strict: false }).check(),
    close: () => {
      adapter.server.closeAllConnections();
      return app.close();
    },
  };
}
