/** A real authorization server on a port of its own, with people who agree to everything. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Accounts, type Account } from '../../src/auth/accounts.port.js';
import { AuthorizationServer } from '../../src/auth/authorization-server/authorization-server.js';
import { AuthorizationServerModule } from '../../src/auth/authorization-server/authorization-server.module.js';
import { Grants } from '../../src/auth/authorization-server/grants.js';
import { Network } from '../../src/auth/authorization-server/network.js';
import { ProviderHolder } from '../../src/auth/authorization-server/provider-holder.js';
import { Pages, type Pages as PagesPort } from '../../src/auth/pages.port.js';
import { ConfigModule } from '../../src/config/config.module.js';
import { settingsFrom } from '../../src/config/load.js';
import { ObservabilityModule } from '../../src/observability/observability.module.js';
import { Clock } from '../../src/protocol/clock.js';
import { StorageModule } from '../../src/storage/storage.module.js';

/** People, as a test wants them. */
export class People implements Accounts {
  readonly all = new Map<string, Account>();

  constructor() {
    this.put('anna');
    this.put('bert');
  }

  put(accountId: string, changes: Partial<Account> = {}): void {
    this.all.set(accountId, { accountId, claims: { name: accountId }, roles: ['user'], epoch: 1, signInsSince: 0, disabled: false, ...changes });
  }

  find(id: string): Promise<Account | undefined> {
    return Promise.resolve(this.all.get(id));
  }

  findByIdentity(_issuer: string, subject: string): Promise<Account | undefined> {
    return this.find(subject);
  }
}

const plainPages: PagesPort = {
  headers: { 'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'" },
  error: ({ error }) => `<h1>error ${error}</h1>`,
  logout: ({ action, xsrf }) => form(action, xsrf, 'sign out?'),
  logoutDone: () => 'signed out',
  deviceInput: ({ action, xsrf }, { userCode, problem }) => form(action, xsrf, `code ${userCode ?? ''} ${problem ?? ''}`),
  deviceConfirm: ({ action, xsrf }, { userCode, client }) => form(action, xsrf, `confirm ${userCode} ${client.name}`),
  deviceDone: ({ name }) => `done ${name}`,
};

function form(action: string, xsrf: string, text: string): string {
  return `<p>${text}</p><form action="${action}"><input name="xsrf" value="${xsrf}"></form>`;
}

/** What the person at the browser does. */
export interface Person {
  accountId: string;
  /** The scopes they agree to; all when absent. */
  approves?: readonly string[];
  denies?: boolean;
}

/** A clock that a test can move. */
export class MovableClock {
  ahead = 0;
  now(): number {
    return Date.now() + this.ahead;
  }
}

export class OAuthServer {
  readonly people = new People();
  readonly clock = new MovableClock();
  person: Person = { accountId: 'anna' };
  /** Interactions that were asked for. */
  readonly prompts: string[] = [];
  readonly interactions: unknown[] = [];

  private constructor(readonly server: Server, readonly url: string, readonly app: INestApplicationContext) {}

  static async start({ settings = {}, network }: { settings?: Parameters<typeof settingsFrom>[0]; network?: Network } = {}): Promise<OAuthServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const people = new People();
    const clock = new MovableClock();
    @Global()
    @Module({ providers: [{ provide: Accounts, useValue: people }, { provide: Pages, useValue: plainPages }], exports: [Accounts, Pages] })
    class PeopleModule {}
    const all = settingsFrom({ logLevel: 'silent', databaseUrl: 'sqlite::memory:', registrationsPerMinute: 1000, authorizationsPerMinute: 10_000, publicUrl: url, ...settings });
    let building = Test.createTestingModule({ imports: [ConfigModule.forRoot(all), ObservabilityModule, StorageModule, AuthorizationServerModule.with([PeopleModule])] })
      .overrideProvider(Clock).useValue(clock);
    if (network) building = building.overrideProvider(Network).useValue(network);
    const app = await (await building.compile()).init();
    const started = new OAuthServer(server, url, app);
    Object.assign(started, { people, clock });
    server.on('request', (request, response) => started.#serve(request, response));
    return started;
  }

  get authorization(): AuthorizationServer {
    return this.app.get(AuthorizationServer, { strict: false });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.app.close();
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    if (this.authorization.owns(path)) return this.authorization.handle(request, response);
    if (path.startsWith('/oauth/interaction/')) return void this.#interact(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    return void response.writeHead(404).end();
  }

  async #interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { provider } = this.app.get(ProviderHolder, { strict: false });
    const details = await provider.interactionDetails(request, response);
    const { accountId, approves, denies } = this.person;
    this.prompts.push(details.prompt.name);
    this.interactions.push(details.prompt);
    if (denies) return provider.interactionFinished(request, response, { error: 'access_denied' });
    if (details.prompt.name === 'login') return provider.interactionFinished(request, response, { login: { accountId } });
    const grants = this.app.get(Grants, { strict: false });
    const grantId = await grants.approve({ details, accountId, approvedScopes: approves ?? grants.requestedScopes(details) });
    return provider.interactionFinished(request, response, { consent: { grantId } });
  }
}
