/** Tools that do what no tool should, for a server that has to stand it (rows D7 to D9). */
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { Tool, ToolsModule, type CallToolResult, type ToolContext } from '../../src/public-api.js';

/** Stands in everything that must not reach a caller. */
export const SECRET = 'hunter2';
/** How long the tool that blocks the process does so. */
export const BLOCK_MS = 1500;
const HUNDRED_MB = 100_000_000;

@Injectable()
export class Misbehaving {
  @Tool({ name: 'throws' })
  throws(): never {
    throw new Error(`${SECRET} at /srv/app/secret.ts`);
  }

  @Tool({ name: 'throws-text' })
  throwsText(): never {
    throw SECRET; // oxlint-disable-line no-throw-literal -- the misbehaviour under test
  }

  @Tool({ name: 'throws-null' })
  throwsNull(): never {
    throw null; // oxlint-disable-line no-throw-literal -- the misbehaviour under test
  }

  @Tool({ name: 'hangs' })
  hangs(): Promise<never> {
    return new Promise(() => undefined);
  }

  @Tool({ name: 'ignores-its-signal' })
  async ignoresItsSignal(_args: unknown, context: ToolContext): Promise<string> {
    context.progress(1);
    await pause(5000, undefined, { ref: false });
    return SECRET;
  }

  @Tool({ name: 'settles-twice' })
  settlesTwice(): Promise<string> {
    return new Promise((resolve, reject) => {
      resolve('first');
      reject(new Error(SECRET)); // oxlint-disable-line promise/no-multiple-resolved -- the misbehaviour under test
      resolve(SECRET); // oxlint-disable-line promise/no-multiple-resolved -- the misbehaviour under test
    });
  }

  @Tool({ name: 'talks-on' })
  talksOn(_args: unknown, context: ToolContext): string {
    context.progress(1);
    setImmediate(() => {
      context.progress(2, 2, SECRET);
      context.log('error', SECRET);
      context.disconnect();
      void context.step('late', () => SECRET).catch(() => undefined);
    });
    return 'first';
  }

  @Tool({ name: 'rejects-behind-its-back' })
  rejectsBehindItsBack(_args: unknown, { signal }: ToolContext): Promise<string> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error(SECRET)));
      resolve('first');
    });
  }

  @Tool({ name: 'returns-a-cycle' })
  returnsACycle(): object {
    const value: Record<string, unknown> = { secret: SECRET };
    value['self'] = value;
    return value;
  }

  @Tool({ name: 'returns-a-cycle-in-a-block' })
  returnsACycleInABlock(): object {
    const block: Record<string, unknown> = { type: 'text', text: SECRET };
    block['_meta'] = { block };
    return { content: [block] };
  }

  @Tool({ name: 'returns-a-bigint' })
  returnsABigInt(): object {
    return { secret: SECRET, value: 1n };
  }

  @Tool({ name: 'returns-100-mb' })
  returnsAHugeText(): string {
    return SECRET.padEnd(HUNDRED_MB, 'x');
  }

  @Tool({ name: 'returns-100-mb-in-a-block' })
  returnsAHugeBlock(): CallToolResult {
    return { content: [{ type: 'text', text: SECRET.padEnd(HUNDRED_MB, 'x') }] };
  }

  @Tool({ name: 'returns-100-mb-in-pieces' })
  returnsHugePieces(): CallToolResult {
    const text = SECRET.padEnd(10_000, 'x');
    return { content: Array.from({ length: HUNDRED_MB / 10_000 }, () => ({ type: 'text' as const, text })) };
  }

  @Tool({ name: 'returns-deep' })
  returnsDeep(): object {
    let value: object = { secret: SECRET };
    for (let depth = 0; depth < 100_000; depth++) value = { value };
    return value;
  }

  @Tool({ name: 'blocks' })
  blocks(): string {
    const end = performance.now() + BLOCK_MS;
    while (performance.now() < end);
    return 'first';
  }
}

@Module({ imports: [ToolsModule], providers: [Misbehaving] })
export class MisbehavingModule {}
