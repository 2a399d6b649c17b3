/** The server as a process, with the ledger beside the library. Who started it may read its gauges and stir it. */
import 'reflect-metadata';
import { ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { queryObjects, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Inject, Injectable, Module } from '@nestjs/common';
import { AppModule } from '../../src/app.module.js';
import { Cancellation } from '../../src/protocol/cancellation.js';
import { Catalogue, ToolsModule } from '../../src/public-api.js';
import { run } from '../../src/run.js';
import { SessionStore } from '../../src/sessions/session-store.port.js';
import { Traffic } from '../../src/sessions/traffic.js';
import { StreamTail } from '../../src/transport/stream-tail.js';
import { Ledger, LedgerModule } from './http-ledger.js';

const COUNTED = { ServerResponse, StreamTail, Traffic, Cancellation };
const TURN_MS = 10;
const RESOLUTION_MS = 5;

// In this way the flag needs no place in the command line, and the process stays as it is started elsewhere.
setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

@Injectable()
class Bench {
  #changes = 0;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor(@Inject(Ledger) private readonly ledger: Ledger, private readonly catalogue: Catalogue, @Inject(SessionStore) private readonly sessions: SessionStore) {
    process.on('message', (message) => void this.#answer(message));
    // The channel must not keep a process that has ended from going.
    process.channel?.unref();
  }

  async #answer(message: unknown): Promise<void> {
    const { id, question, argument } = message as { id: number; question: string; argument: unknown };
    process.send?.({ id, value: await this.#take(question, argument) ?? null });
  }

  #take(question: string, argument: unknown): unknown {
    switch (question) {
      case 'rows': return this.ledger.rows;
      case 'release': return this.ledger.releaseAll();
      case 'gauges': return this.#gauges();
      // Slow: each kind costs collections of its own.
      case 'objects': return Object.fromEntries(Object.entries(COUNTED).filter(([name]) => String(argument).includes(name)).map(([name, kind]) => [name, queryObjects(kind, { format: 'count' })]));
      case 'change': return this.#change(Number(argument));
      case 'watch delay': return void this.#delay.enable();
      case 'delay': return { p50: this.#late(50), p99: this.#late(99), max: this.#late(100) };
      default: throw new Error(`No such question: ${question}`);
    }
  }

  /** How late the loop was, in milliseconds; the gauge counts its own interval in. */
  #late(percent: number): number {
    return this.#delay.percentile(percent) / 1e6 - RESOLUTION_MS;
  }

  /** What the process holds after a collection. */
  async #gauges(): Promise<Record<string, number>> {
    if (typeof collect === 'function') collect();
    const resources = process.getActiveResourcesInfo();
    const { heapUsed, rss } = process.memoryUsage();
    const count = (kind: string): number => resources.filter((resource) => resource === kind).length;
    return { sockets: count('TCPSocketWrap'), timers: count('Timeout'), sessions: await this.sessions.size(), heapUsed, rss };
  }

  /** Changes the tool list so many times within a second; the last change leaves a new tool, whose name it gives back. */
  async #change(times: number): Promise<string> {
    const [end, turns] = [performance.now() + 1000, 1000 / TURN_MS];
    for (let turn = 0, done = 0; turn < turns; turn++) {
      for (; done < (turn + 1) * times / turns; done++) this.catalogue.addTool({ name: 'changed' }, () => 'changed').remove();
      await pause(Math.max(0, end - performance.now() - (turns - turn - 1) * TURN_MS));
    }
    const name = `changed-last-${++this.#changes}`;
    this.catalogue.addTool({ name }, () => 'last');
    return name;
  }
}

@Module({ imports: [ToolsModule, LedgerModule], providers: [Bench] })
class BenchModule {}

// The process is the built one's in everything, signals included; only the modules are more.
const forRoot = AppModule.forRoot.bind(AppModule);
AppModule.forRoot = (settings, modules = []) => forRoot(settings, [...modules, BenchModule]);
process.exitCode = await run(process.argv.slice(2));
