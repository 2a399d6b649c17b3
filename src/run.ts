/** The life of the process: settings, start, signals, end. Exit codes: 0 ended well, 1 failed, 2 unusable settings. */
import { createGatehouse, serveStdio, type Gatehouse } from './bootstrap.js';
import { loadSettings, SettingsError } from './config/load.js';
import type { Settings } from './config/settings.js';
import { packageVersion } from './config/version.js';
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

async function runStdio(settings: Settings): Promise<number> {
  // Standard output belongs to the protocol; whatever prints there by accident would break it.
  const { write } = process.stdout;
  const output = Object.create(process.stdout, { write: { value: write.bind(process.stdout) } });
  process.stdout.write = process.stderr.write.bind(process.stderr);
  await serveStdio({ settings }, { input: process.stdin, output });
  return 0;
}

async function listen(settings: Settings): Promise<number> {
  const gatehouse = await createGatehouse({ settings });
  process.stdout.write(greeting(gatehouse, settings, Math.round(performance.now())));
  return ended(gatehouse);
}

/** Resolves with the exit code after the first SIGTERM or SIGINT has been served; a second one hastens. */
function ended(gatehouse: Gatehouse): Promise<number> {
  return new Promise((resolve) => {
    let signals = 0;
    const end = async (code: number): Promise<void> => {
      try {
        await gatehouse.close();
        resolve(code);
      } catch {
        resolve(1);
      }
    };
    const stop = (): void => (++signals > 1 ? gatehouse.hasten() : void end(0));
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    const fail = (error: unknown): void => {
      process.stderr.write(`${startFailure(error)}\n`);
      gatehouse.hasten();
      void end(1);
    };
    process.on('uncaughtException', fail);
    process.on('unhandledRejection', fail);
  });
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

  Nobody signs in: the server listens on ${settings.host} only.
`;
}

function startFailure(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return `Gatehouse cannot start: ${error.message}. Choose another PORT.`;
  return `Gatehouse failed: ${error instanceof Error ? error.stack ?? error.message : String(error)}`;
}
