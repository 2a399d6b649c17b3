/** Promise P4: what the event log in memory holds is bounded in streams too, and a bound of nothing still keeps an answer. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MemoryEventLog } from './event-log.memory.js';

function make(limits: Partial<ConstructorParameters<typeof MemoryEventLog>[0]> = {}): { log: MemoryEventLog; pass: (ms: number) => void } {
  let now = 0;
  const log = new MemoryEventLog({ messages: 10, bytes: 1000, ttlMs: 1000, ...limits }, { now: () => now }, { bytes: randomBytes });
  return { log, pass: (ms) => { now += ms; } };
}

const nameOf = (stream: number): { session: string; stream: string } => ({ session: 's', stream: String(stream) });

describe('a session that opens streams without end', () => {
  it('loses its oldest ended ones first, and none that still runs', async () => {
    const { log } = make();
    await log.open(nameOf(0));
    for (let stream = 1; stream <= 600; stream++) {
      await log.open(nameOf(stream));
      await log.append(nameOf(stream), 'a');
      await log.end(nameOf(stream));
    }
    const held = await Promise.all(Array.from({ length: 601 }, async (_, stream) => (await log.tip(nameOf(stream))) !== undefined));
    expect(held.filter(Boolean).length).toBeLessThanOrEqual(256);
    expect([held[0], held[1], held[600]]).toEqual([true, false, true]);
  });
});

describe('a log that shall remember nothing', () => {
  it('still holds the last event: the reader may be about to take it (P1)', async () => {
    const { log } = make({ messages: 0, bytes: 0 });
    const start = await log.open(nameOf(1));
    await log.append(nameOf(1), 'a');
    expect(await log.read(nameOf(1), start, 10)).toMatchObject({ kind: 'events', events: [{ json: 'a' }] });
    await log.append(nameOf(1), 'b');
    expect(await log.read(nameOf(1), start, 10)).toEqual({ kind: 'gap' });
  });
});

describe('an ended log whose time is over', () => {
  it('is gone even before the next sweep', async () => {
    const { log, pass } = make();
    const start = await log.open(nameOf(1));
    await log.end(nameOf(1));
    pass(999);
    expect(await log.read(nameOf(1), start, 10)).toMatchObject({ ended: true });
    pass(1);
    expect(await log.read(nameOf(1), start, 10)).toEqual({ kind: 'unknown' });
  });
});
