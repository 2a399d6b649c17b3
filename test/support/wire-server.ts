/** The built server with the ledger, its gauges and the fixtures, as a process of its own; settings come from the environment. */
import 'reflect-metadata';
import { readdirSync } from 'node:fs';
import { Injectable, Module } from '@nestjs/common';
import { createGatehouse, loadSettings, Tool, ToolsModule } from '../../src/public-api.js';
import { FixtureModule } from '../conformance/fixtures.js';
import { Ledger, LedgerModule } from './http-ledger.js';
import { MisbehavingModule } from './misbehaving-tools.js';

@Injectable()
export class Gauges {
  constructor(private readonly ledger: Ledger) {}

  @Tool({ name: 'ledger', description: 'Gives the rows of the ledger and clears them.' })
  rows(): string {
    return JSON.stringify(this.ledger.rows.splice(0));
  }

  @Tool({ name: 'release', description: 'Lets a held call answer.' })
  release({ key = '' }: { key?: string }): string {
    this.ledger.release(key);
    return 'released';
  }

  @Tool({ name: 'gauges', description: 'What the process holds, after its garbage was collected.' })
  gauges(): string {
    // Twice: what the first run finalizes, the second frees.
    for (let run = 0; run < 2; run++) globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    return JSON.stringify({ heldBytes: heapUsed + external, residentBytes: rss, descriptors: readdirSync('/proc/self/fd').length });
  }
}

@Module({ imports: [ToolsModule, LedgerModule], providers: [Gauges] })
class GaugesModule {}

const gatehouse = await createGatehouse({ settings: loadSettings(), modules: [LedgerModule, GaugesModule, FixtureModule, MisbehavingModule] });
process.stdout.write(`Serving on ${gatehouse.url} until it is told to stop; /ready says so too.\n`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void gatehouse.close());
