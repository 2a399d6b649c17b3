/** The built server as a process of its own: what it prints, where it listens, how it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { within } from './http-deadline.js';

const ENTRY = join(import.meta.dirname, '../../dist/main.js');

export class ServerProcess {
  #output = '';
  #errors = '';
  readonly #exit: Promise<number | string>;
  #woken: () => void = () => undefined;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
      this.#woken();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString();
    });
    this.#exit = new Promise((resolve) => {
      child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
    });
  }

  /** Starts it in an empty directory, with nothing of this environment but what is given. */
  static spawn(env: Record<string, string> = {}, nodeArguments: readonly string[] = [], entry = ENTRY): ServerProcess {
    if (!existsSync(ENTRY)) throw new Error('dist/main.js is missing: run npm run build first');
    const child = spawn(process.execPath, [...nodeArguments, entry], {
      cwd: mkdtempSync(join(tmpdir(), 'gatehouse-')), stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'info', GATEHOUSE_AUTH_MODE: 'none', ...env },
    });
    return new ServerProcess(child);
  }

  /** Starts it and waits until it says where it listens. */
  static async start(env?: Record<string, string>, nodeArguments?: readonly string[], entry?: string): Promise<ServerProcess & { url: string }> {
    const server = ServerProcess.spawn(env, nodeArguments, entry);
    const url = await within('the greeting', Promise.race([server.#address(), server.exit().then((code) => {
      throw new Error(`It ended with ${code}: ${server.errors}`);
    })]));
    return Object.assign(server, { url });
  }

  /** The process id, for what the system knows of it. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Standard output so far. */
  get output(): string {
    return this.#output;
  }

  /** Standard error so far: log lines, and the reason of a failed start. */
  get errors(): string {
    return this.#errors;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** The exit code, or the signal that killed it. */
  exit(): Promise<number | string> {
    return within('the end of the process', this.#exit, 30_000);
  }

  /** Makes sure that nothing is left of it. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#exit;
  }

  #address(): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        const url = /on (http:\S+)/.exec(this.#output)?.[1];
        if (url !== undefined && this.#output.includes('/ready')) resolve(url);
      };
      this.#woken = look;
      look();
    });
  }
}
