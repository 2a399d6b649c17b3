/** The built server as a process of its own: what it prints, where it listens, how it ends. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { within } from './http-deadline.js';

const ENTRY = join(import.meta.dirname, '../../dist/main.js');
const reply = z.object({ id: z.number(), value: z.unknown() });

/** How to start it otherwise than as it is built. */
interface Launching {
  nodeArguments?: readonly string[];
  /** What to run in place of the built server. */
  entry?: string;
  /** Opens a channel for {@link ServerProcess.ask}. */
  channel?: boolean;
}

// Everybody in a test comes from one address; limits that count addresses are tried where a test says so.
const MANY_FROM_ONE_ADDRESS = { GATEHOUSE_MAX_STREAMS_PER_ADDRESS: '0', GATEHOUSE_MAX_STREAMS_PER_USER: '0', GATEHOUSE_VISITS_PER_ADDRESS: '0' };

export class ServerProcess {
  #output = '';
  #errors = '';
  readonly #exit: Promise<number | string>;
  #woken: () => void = () => undefined;

  #asked = 0;

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
  static spawn(env: Record<string, string> = {}, { nodeArguments = [], entry = ENTRY, channel = false }: Launching = {}): ServerProcess {
    if (!existsSync(entry)) throw new Error(`${entry} is missing: run npm run build first`);
    const child = spawn(process.execPath, [...nodeArguments, entry], {
      cwd: mkdtempSync(join(tmpdir(), 'gatehouse-')), stdio: ['ignore', 'pipe', 'pipe', ...(channel ? ['ipc' as const] : [])],
      env: { PATH: process.env['PATH'], PORT: '0', LOG_LEVEL: 'info', GATEHOUSE_AUTH_MODE: 'none', ...MANY_FROM_ONE_ADDRESS, ...env },
    });
    return new ServerProcess(child);
  }

  /** Starts it and waits until it says where it listens. */
  static async start(env?: Record<string, string>, launching?: Launching): Promise<ServerProcess & { url: string }> {
    const server = ServerProcess.spawn(env, launching);
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

  /** How many files and sockets it holds open. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Asks the process for something it offers over the channel. */
  ask(question: string, argument?: unknown): Promise<unknown> {
    const id = ++this.#asked;
    return within(`the answer to ${question}`, new Promise((resolve) => {
      const take = (message: unknown): void => {
        const answer = reply.safeParse(message);
        if (answer.data?.id !== id) return;
        this.child.off('message', take);
        resolve(answer.data.value);
      };
      this.child.on('message', take);
      this.child.send({ id, question, argument });
    }));
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
