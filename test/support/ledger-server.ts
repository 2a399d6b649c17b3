/** A server of its own process with the ledger in it, as tests of faults need one: killed, drained, counted from outside. */
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { ServerProcess } from './http-process.js';

const ENTRY = join(import.meta.dirname, 'ledger-process.ts');
const LOADERS = ['../../scripts/typescript.mjs', 'built.mjs'].flatMap((name) => ['--import', join(import.meta.dirname, name)]);

/** Bounds that one caller does not meet, who is a thousand here. */
const WIDE = { GATEHOUSE_MAX_SESSIONS_PER_CALLER: '100000', GATEHOUSE_MAX_SESSIONS: '100000', GATEHOUSE_MAX_CALLS_PER_CALLER: '10000', DATABASE_URL: 'sqlite::memory:' };

const gauges = z.object({ sockets: z.number(), timers: z.number(), sessions: z.number(), heapUsed: z.number(), rss: z.number() });
const delay = z.object({ p50: z.number(), p99: z.number(), max: z.number() });

/** What the process holds, after a collection. Sizes are in bytes. */
export type Gauges = z.output<typeof gauges> & { descriptors: number };

export class LedgerServer {
  private constructor(readonly process: ServerProcess, readonly url: string) {}

  static async start(env: Record<string, string> = {}): Promise<LedgerServer> {
    const server = await ServerProcess.start({ ...WIDE, ...env }, { nodeArguments: LOADERS, entry: ENTRY, channel: true });
    return new LedgerServer(server, server.url);
  }

  /** Starts one that ends with the test. */
  static async forTest(env?: Record<string, string>): Promise<LedgerServer> {
    const server = await LedgerServer.start(env);
    onTestFinished(() => server.process.kill());
    return server;
  }

  /** What ran, in order. */
  async rows(): Promise<string[]> {
    return z.array(z.string()).parse(await this.process.ask('rows'));
  }

  /** Lets every held call answer. */
  async release(): Promise<void> {
    await this.process.ask('release');
  }

  /** Changes the tool list so many times within a second; resolves with the name of the tool that came last. */
  async change(times: number): Promise<string> {
    return z.string().parse(await this.process.ask('change', times));
  }

  async gauges(): Promise<Gauges> {
    return { ...gauges.parse(await this.process.ask('gauges')), descriptors: this.process.descriptors };
  }

  /** How many objects live of kinds that belong to streams and calls; each takes a second. */
  async objects(...kinds: ('ServerResponse' | 'StreamTail' | 'Traffic' | 'Cancellation')[]): Promise<Record<string, number>> {
    return z.record(z.string(), z.number()).parse(await this.process.ask('objects', kinds));
  }

  /** From now on the event loop is watched. */
  async watchDelay(): Promise<void> {
    await this.process.ask('watch delay');
  }

  /** How long the event loop was late, in milliseconds, since it was watched. */
  async delay(): Promise<z.output<typeof delay>> {
    return delay.parse(await this.process.ask('delay'));
  }
}
