/**
 * The life of the process: settings, start, signals, end. Exit codes: 0 ended well, as after SIGTERM, SIGINT and SIGHUP;
 * 1 failed; 2 unusable settings. A signal that comes before the settings are read ends the process as the system does.
 */
import { createGatehouse, serveStdio, type Gatehouse } from './bootstrap.js';
import { loadSettings, SettingsError } from './config/load.js';
import { Settings } from './config/settings.js';
import { packageVersion } from './config/version.js';
import { SchemaTooNew, StorageUnavailable } from './protocol/storage-unavailable.js';
import { Catalogue } from './tools/catalogue.js';

/** Runs the server until a signal ends it; with `--stdio` until standard input ends. Returns the exit code. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const settings = loadSettings();
    return args.includes('--stdio') ? await runStdio(settings) : await listen(settings);
  } catch (error) {
    const settingsFault = error instanceof SettingsError;
    process.stderr.write(`${settingsFault ? error.message : startFailure(error)}\n`);
    return settingsFault ? 2 : 1;
  }
}

async function runStdio(configured: Settings): Promise<number> {
  // Who launches the process is who it works for; there is nobody to sign in and nothing to keep.
  const settings = new Settings({ ...configured, authMode: 'none', databaseUrl: 'sqlite::memory:' });
  // Standard output belongs to the protocol; whatever prints there by accident would break it.
  const { write } = process.stdout;
  const output = Object.create(process.stdout, { write: { value: write.bind(process.stdout) } });
  process.stdout.write = process.stderr.write.bind(process.stderr);
  await serveStdio({ settings }, { input: process.stdin, output });
  return 0;
}

async function listen(settings: Settings): Promise<number> {
  // From here on a signal ends the server well, even one that comes while it starts.
  const ending = new Ending();
  const gatehouse = await createGatehouse({ settings });
  process.stdout.write(greeting(gatehouse, settings, Math.round(performance.now())));
  return ending.of(gatehouse);
}

/** The end of the process: the first SIGTERM, SIGINT or SIGHUP drains, a second one hastens, a defect drains and fails. */
class Ending {
  #signals = 0;
  #failed = false;
  #wanted: () => void = () => undefined;
  readonly #first = new Promise<void>((resolve) => {
    this.#wanted = resolve;
  });
  #gatehouse: Gatehouse | undefined;

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => this.#signal());
    for (const defect of ['uncaughtException', 'unhandledRejection'] as const) process.on(defect, (error: unknown) => this.#defect(error));
  }

  /** Waits for the end and serves it; returns the exit code. */
  async of(gatehouse: Gatehouse): Promise<number> {
    this.#gatehouse = gatehouse;
    await this.#first;
    const closed = gatehouse.close();
    if (this.#failed || this.#signals > 1) gatehouse.hasten();
    await closed;
    return this.#failed ? 1 : 0;
  }

  #signal(): void {
    this.#signals++;
    this.#wanted();
    if (this.#signals > 1) this.#gatehouse?.hasten();
  }

  #defect(error: unknown): void {
    process.stderr.write(`${startFailure(error)}\n`);
    this.#failed = true;
    this.#wanted();
    this.#gatehouse?.hasten();
  }
}

/** What a person reads after the start: the base URL and each door (R244), and what to paste into a client. */
function greeting(gatehouse: Gatehouse, settings: Settings, readyMs: number): string {
  const base = gatehouse.url;
  const tools = gatehouse.app.get(Catalogue).tools.all().length;
  return `
  Gatehouse ${packageVersion()} is ready after ${readyMs} ms, with ${tools} tools, on ${base}

    Streamable HTTP   ${base}${settings.mcpPath}
    HTTP+SSE          ${base}${settings.ssePath}   messages: ${base}${settings.sseMessagesPath}
    Health            ${base}/health   ${base}/ready

  Connect a client:
    claude mcp add --transport http gatehouse ${base}${settings.mcpPath}
    or open ${base}/ for every other client.

${signIn(gatehouse, settings)}
`;
}

function signIn({ firstAdmin, url }: Gatehouse, settings: Settings): string {
  const { authMode, host } = settings;
  if (authMode === 'none') return `  Nobody signs in: the server listens on ${host} only.`;
  if (!firstAdmin) return `  People sign in${authMode === 'embedded' ? ' here' : ' with the company account'}; connected applications: ${url}/account`;
  return `  The first account, shown this once:   ${firstAdmin.login}   ${firstAdmin.password}
  Sign in with it when your client opens the browser, or at ${url}/account, and choose a password of your own.`;
}

function startFailure(error: unknown): string {
  if (error instanceof StorageUnavailable || error instanceof SchemaTooNew) return `Gatehouse cannot start: ${error.message}`;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return `Gatehouse cannot start: ${error.message}. Choose another PORT.`;
  return `Gatehouse failed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
}
