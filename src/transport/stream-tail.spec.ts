/** Promise P3 and rows B7, B8: a reader gets every event of a stream once and in order, and sees a gap as a break. */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Position, StreamName } from '../sessions/event-log.port.js';
import { MemoryEventLog } from '../storage/memory/event-log.memory.js';
import { StreamTail, type TailSink } from './stream-tail.js';

const name: StreamName = { session: 's', stream: '1' };

/** A reader that takes what it is given, unless it is told to wait. */
class Sink implements TailSink {
  ready = true;
  closed = false;
  readonly got: string[] = [];
  readonly ids: string[] = [];
  ended: 'end' | 'gap' | undefined;
  #callback: () => void = () => undefined;
  /** After how many events it lags. */
  lagAfter = Number.POSITIVE_INFINITY;

  whenReady(callback: () => void): void {
    this.#callback = callback;
  }

  event(json: string, id: string): void {
    this.got.push(json);
    this.ids.push(id);
    if (this.got.length >= this.lagAfter) this.ready = false;
  }

  end(): void {
    this.ended = 'end';
  }

  cut(reason: 'gap'): void {
    this.ended = reason;
  }

  catchUp(): void {
    this.ready = true;
    this.lagAfter = Number.POSITIVE_INFINITY;
    this.#callback();
  }
}

let log: MemoryEventLog;
let start: Position;

beforeEach(async () => {
  log = new MemoryEventLog({ messages: 200, bytes: 100_000, ttlMs: 1000 }, { now: () => 0 }, { bytes: randomBytes });
  start = await log.open(name);
});

async function append(from: number, to: number): Promise<void> {
  for (let event = from; event <= to; event++) await log.append(name, `e${event}`);
}

function events(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `e${from + index}`);
}

/** Lets everything that is under way come to rest: the log in memory answers without any clock. */
async function rest(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('a reader', () => {
  it('gets what is there, what comes later, and the end, each with the id to come back with', async () => {
    await append(1, 2);
    const sink = new Sink();
    const tail = new StreamTail(log, name, start, sink, 1000);
    await rest();
    await append(3, 3);
    await log.end(name);
    await rest();
    tail.stop();
    expect([sink.got, sink.ended]).toEqual([events(1, 3), 'end']);
    expect(sink.ids).toEqual([1, 2, 3].map((offset) => `1_${start.epoch}_${offset}`));
  });

  it('gets a long backlog to its end', async () => {
    await append(1, 150);
    await log.end(name);
    const sink = new Sink();
    const tail = new StreamTail(log, name, start, sink, 1000);
    await rest();
    tail.stop();
    expect([sink.got, sink.ended]).toEqual([events(1, 150), 'end']);
  });

  it('goes on behind the place it names, with nothing twice (P3)', async () => {
    await append(1, 5);
    const sink = new Sink();
    const tail = new StreamTail(log, name, { ...start, offset: 3 }, sink, 1000);
    await append(6, 6);
    await rest();
    tail.stop();
    expect(sink.got).toEqual(events(4, 6));
  });

  it('misses nothing of what comes while it reads', async () => {
    const sink = new Sink();
    const tail = new StreamTail(log, name, start, sink, 1000);
    await Promise.all(events(1, 100).map((json) => log.append(name, json)));
    await log.end(name);
    await rest();
    tail.stop();
    expect([sink.got, sink.ended]).toEqual([events(1, 100), 'end']);
  });

  it('is not read for while it lags, and gets the rest when it has caught up', async () => {
    const sink = new Sink();
    sink.lagAfter = 64;
    await append(1, 100);
    const tail = new StreamTail(log, name, start, sink, 1000);
    await rest();
    expect(sink.got).toEqual(events(1, 64));
    sink.catchUp();
    await rest();
    tail.stop();
    expect(sink.got).toEqual(events(1, 100));
  });

  it('that lags past what is held sees the stream break, never a hole in it (B7)', async () => {
    const sink = new Sink();
    sink.lagAfter = 1;
    await append(1, 1);
    const tail = new StreamTail(log, name, start, sink, 1000);
    await rest();
    await append(2, 500);
    sink.catchUp();
    await rest();
    tail.stop();
    expect([sink.got, sink.ended]).toEqual([['e1'], 'gap']);
  });

  it.each<[string, (position: Position) => Position]>([
    ['of another epoch', (position) => ({ ...position, epoch: '000000000000' })],
    ['that is no longer held', (position) => position],
    ['that never was', (position) => ({ ...position, offset: 999 })],
  ])('with a place %s sees a gap and gets nothing', async (_, place) => {
    await append(1, 300);
    const sink = new Sink();
    const tail = new StreamTail(log, name, place(start), sink, 1000);
    await rest();
    await append(301, 301);
    await rest();
    tail.stop();
    expect([sink.got, sink.ended]).toEqual([[], 'gap']);
  });

  it('gets nothing more once it is stopped: a later reader took over (B8)', async () => {
    const [early, late] = [new Sink(), new Sink()];
    const first = new StreamTail(log, name, start, early, 1000);
    await append(1, 1);
    await rest();
    first.stop();
    const second = new StreamTail(log, name, { ...start, offset: 1 }, late, 1000);
    await append(2, 3);
    await rest();
    second.stop();
    expect([early.got, late.got, early.ended]).toEqual([['e1'], ['e2', 'e3'], undefined]);
  });
});
