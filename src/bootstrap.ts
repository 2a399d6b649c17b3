/** Builds a server, in this process, and takes it down again. */
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { FirstAdmin } from './auth/first-admin.js';
import { settingsFrom } from './config/load.js';
import { Settings } from './config/settings.js';
import { Log } from './observability/log.js';
import { NestLog } from './observability/nest-log.js';
import { Readiness } from './observability/readiness.js';
import { Sessions } from './sessions/sessions.service.js';
import { Doors, type Pipes } from './transport/doors.js';
import { Drain } from './transport/drain.js';
import { GatehouseHttpAdapter } from './transport/http-adapter.js';

/** What a server is made with. */
export interface GatehouseOptions {
  /** Complete settings, or the ones that differ from the defaults. */
  settings?: Settings | Parameters<typeof settingsFrom>[0];
  /** Nest modules whose providers carry `@Tool`, `@Resource`, `@Prompt`. */
  modules?: readonly (Type | DynamicModule)[];
}

/** A running server. */
export interface Gatehouse {
  app: INestApplication;
  /** Where it listens; the port is the real one even where the settings say 0. */
  url: string;
  /** The account that was made because there was none, with its one-time password: to be shown once and kept nowhere. */
  firstAdmin: { login: string; password: string } | undefined;
  /** Ends it without losing an answer; resolves when everything is closed. */
  close(): Promise<void>;
  /** Ends it sooner, cancelling what runs. */
  hasten(): void;
}

/** Starts a server that listens. Throws `SettingsError` for unusable settings, and the reason a tool was refused. */
export async function createGatehouse(options: GatehouseOptions = {}): Promise<Gatehouse> {
  const { app, adapter, settings } = await build(options);
  await app.init();
  const firstAdmin = await app.get(FirstAdmin).ensure();
  await listen(adapter, settings);
  app.get(Readiness).opened();
  const drain = app.get(Drain);
  let closing: Promise<void> | undefined;
  return {
    app,
    url: addressOf(adapter, settings),
    firstAdmin,
    close: () => (closing ??= shutDown(app, adapter)),
    hasten: () => drain.hasten(),
  };
}

/** Serves one client over pipes until it closes its end (stdio transport); nothing listens. */
export async function serveStdio(options: GatehouseOptions, pipes: Pipes): Promise<void> {
  const { app } = await build(options);
  await app.init();
  app.get(Readiness).opened();
  await app.get(Doors).serveStdio(pipes);
  await app.close();
}

async function build({ settings: given, modules }: GatehouseOptions): Promise<{ app: INestApplication; adapter: GatehouseHttpAdapter; settings: Settings }> {
  const settings = given instanceof Settings ? given : settingsFrom(given);
  const adapter = new GatehouseHttpAdapter(settings);
  const app = await NestFactory.create(AppModule.forRoot(settings, modules), adapter, { bodyParser: false, bufferLogs: true, abortOnError: false });
  app.useLogger(new NestLog(app.get(Log)));
  adapter.setFront(app.get(Doors).front);
  return { app, adapter, settings };
}

// Not `app.listen`: it reports a taken port a second time, in words of its own.
function listen({ server }: GatehouseHttpAdapter, { port, host }: Settings): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function shutDown(app: INestApplication, adapter: GatehouseHttpAdapter): Promise<void> {
  const [doors, drain] = [app.get(Doors), app.get(Drain)];
  await drain.run(() => doors.endNews());
  // The last answers stand in the logs; readers that keep up write them out before the loop comes round again.
  await new Promise(setImmediate);
  await drain.until(() => !doors.hasUnread);
  doors.endStreams();
  await drain.until(() => !adapter.hasUnwritten);
  // Answers are written by now; what is left are idle connections, which Node would otherwise wait for.
  const { server } = adapter;
  setImmediate(() => server.closeIdleConnections());
  const last = setTimeout(() => server.closeAllConnections(), LINGER_MS);
  await app.get(Sessions).endAll('drain');
  await app.close();
  clearTimeout(last);
}

// How long a client may take to read the last bytes of its answer.
const LINGER_MS = 500;

function addressOf(adapter: GatehouseHttpAdapter, settings: Settings): string {
  const address: AddressInfo | string | null = adapter.server.address();
  const port = typeof address === 'object' && address ? address.port : settings.port;
  return `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`;
}
