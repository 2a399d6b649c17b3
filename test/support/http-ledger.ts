/** A tool that keeps a ledger: one row per execution, so that "ran once", "never" and "was cancelled" can be asked. */
import { setImmediate as turn } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { Tool, type ToolContext, ToolsModule, type JsonSchema } from '../../src/public-api.js';

const PLACEMENT: JsonSchema = {
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    level: { type: 'integer', 'x-mcp-header': 'Level' },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
  },
};
const KILOBYTE = 'x'.repeat(1000);

@Injectable()
export class Ledger {
  /** What ran, in order: `note:a`, `held:b`, `released:b`, `cancelled:b`, … */
  readonly rows: string[] = [];
  readonly #held = new Map<string, () => void>();

  /** Lets a held call answer. */
  release(key: string): void {
    this.#held.get(key)?.();
  }

  @Tool({ name: 'note', description: 'Writes a row.' })
  note({ text }: { text?: string }): string {
    this.rows.push(`note:${text ?? ''}`);
    return `noted ${text ?? ''}`;
  }

  @Tool({ name: 'said', description: 'Reports progress once, so that its answer is a stream.' })
  said({ text = '' }: { text?: string }, context: ToolContext): string {
    context.progress(1);
    return `noted ${text}`;
  }

  @Tool({ name: 'placed', description: 'Writes a row; its arguments travel as headers too.', inputSchema: PLACEMENT })
  placed({ region, level, dry }: { region?: string; level?: number; dry?: boolean }): string {
    this.rows.push('placed');
    return JSON.stringify({ region, level, dry });
  }

  @Tool({ name: 'hold', description: 'Reports progress once, then waits to be released or cancelled.', timeoutMs: 60_000 })
  async hold({ key = '' }: { key?: string }, context: ToolContext): Promise<string> {
    const { signal } = context;
    this.rows.push(`held:${key}`);
    context.progress(1);
    const released = await new Promise<boolean>((resolve) => {
      this.#held.set(key, () => resolve(true));
      signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    this.#held.delete(key);
    this.rows.push(`${released ? 'released' : 'cancelled'}:${key}`);
    return `held ${key}`;
  }

  @Tool({ name: 'steps', description: 'Reports progress so many times, then answers.' })
  steps({ count = 1 }: { count?: number }, context: ToolContext): string {
    for (let step = 1; step <= count; step++) context.progress(step, count);
    return `${count} steps`;
  }

  @Tool({ name: 'flood', description: 'Reports a kilobyte of progress after another until cancelled or done; stays where asked to.', timeoutMs: 60_000 })
  async flood({ kilobytes = 0, stay = false }: { kilobytes?: number; stay?: boolean }, context: ToolContext): Promise<string> {
    this.rows.push('flood');
    const last = stay ? Number.POSITIVE_INFINITY : kilobytes;
    for (let count = 1; count <= last; count++) {
      if (count <= kilobytes) context.progress(count, kilobytes, KILOBYTE);
      if (count % 16 === 0) await turn();
      if (context.signal.aborted) {
        this.rows.push('flood cancelled');
        return 'cancelled';
      }
    }
    this.rows.push('flood done');
    return 'done';
  }
}

@Module({ imports: [ToolsModule], providers: [Ledger], exports: [Ledger] })
export class LedgerModule {}
