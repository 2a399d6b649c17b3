/** What every event log promises, whatever keeps its events (promise P3). One test for each promise of the port. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { EventLog, LogSlice, Position, StreamName } from '../../src/sessions/event-log.port.js';
import { until } from '../support/http-deadline.js';

/** An empty log with known bounds, whose clock the test moves. */
export interface EventLogUnderTest {
  log: EventLog;
  /** Lets the time pass after which ended logs are let go. */
  passTime(): void | Promise<void>;
  /** The log after a restart that may have forgotten. */
  restarted(): EventLog | Promise<EventLog>;
}

/** The bounds to make the log with. */
export const bounds = { messages: 100, bytes: 10_000 } as const;

const name: StreamName = { session: 's', stream: '1' };

function texts(slice: LogSlice): string[] {
  if (slice.kind !== 'events') throw new Error(`no events: ${slice.kind}`);
  return slice.events.map(({ json }) => json);
}

/** @param make an empty log; called before each test. */
export function describeEventLog(title: string, make: () => EventLogUnderTest | Promise<EventLogUnderTest>): void {
  describe(`${title} keeps events`, () => {
    let under: EventLogUnderTest;
    let log: EventLog;
    let start: Position;

    beforeEach(async () => {
      under = await make();
      ({ log } = under);
      start = await log.open(name);
    });

    async function append(...events: string[]): Promise<void> {
      for (const json of events) await log.append(name, json);
    }

    function at(offset: number): Position {
      return { ...start, offset };
    }

    describe('open and tip', () => {
      it('give the place before the first event, and the place behind the last', async () => {
        expect(start.offset).toBe(0);
        expect(await log.tip(name)).toEqual(start);
        await append('a', 'b');
        expect(await log.tip(name)).toEqual(at(2));
        expect(await log.tip({ ...name, stream: 'none' })).toBeUndefined();
        expect(await log.tip({ ...name, session: 'none' })).toBeUndefined();
      });

      it('write an epoch that fits into an event id', () => {
        expect(start.epoch).toMatch(/^[0-9a-f]{12}$/);
      });
    });

    describe('append and read', () => {
      it('give back every event in order, with the place of each', async () => {
        await append('a', '', '{"c":"\\u2028"}');
        expect(await log.read(name, start, 10)).toEqual({ kind: 'events', ended: false, events: [{ offset: 1, json: 'a' }, { offset: 2, json: '' }, { offset: 3, json: '{"c":"\\u2028"}' }] });
      });

      it('give what stands behind a place, and at most as much as asked for (P3)', async () => {
        await append('a', 'b', 'c', 'd');
        expect(texts(await log.read(name, start, 2))).toEqual(['a', 'b']);
        expect(texts(await log.read(name, at(2), 10))).toEqual(['c', 'd']);
        expect(await log.read(name, at(4), 10)).toEqual({ kind: 'events', events: [], ended: false });
      });

      it('keep the order of events appended without waiting', async () => {
        const events = Array.from({ length: 50 }, (_, index) => `e${index}`);
        await Promise.all(events.map((json) => log.append(name, json)));
        expect(texts(await log.read(name, start, 100))).toEqual(events);
      });

      it('keep streams and sessions apart', async () => {
        const [sibling, stranger] = [{ ...name, stream: '2' }, { ...name, session: 't' }];
        await log.open(sibling);
        await log.open(stranger);
        await append('mine');
        await log.append(sibling, 'sibling');
        await log.append(stranger, 'stranger');
        expect(texts(await log.read(name, start, 10))).toEqual(['mine']);
        expect(texts(await log.read(sibling, start, 10))).toEqual(['sibling']);
      });

      it('keep nothing of a stream that is not open', async () => {
        const closed = { ...name, stream: 'closed' };
        await log.append(closed, 'a');
        await log.end(closed);
        expect(await log.tip(closed)).toBeUndefined();
        expect(await log.read(closed, start, 10)).toEqual({ kind: 'unknown' });
      });
    });

    describe('a place', () => {
      it('that never was is unknown: a later one, or one on another stream (B6)', async () => {
        await append('a');
        expect(await log.read(name, at(2), 10)).toEqual({ kind: 'unknown' });
        expect(await log.read({ ...name, stream: 'none' }, start, 10)).toEqual({ kind: 'unknown' });
        expect(await log.read({ ...name, session: 'none' }, start, 10)).toEqual({ kind: 'unknown' });
      });

      it('of another epoch is a gap: the log may have forgotten (B7)', async () => {
        await append('a');
        expect(await log.read(name, { epoch: '000000000000', offset: 0 }, 10)).toEqual({ kind: 'gap' });
      });

      it('from before a restart is a gap or still whole, never another event (B7)', async () => {
        await append('a', 'b');
        const restarted = await under.restarted();
        await restarted.open({ ...name, stream: '2' });
        const slice = await restarted.read(name, at(1), 10);
        expect(slice.kind === 'gap' || texts(slice)[0] === 'b').toBe(true);
      });
    });

    describe('the bounds', () => {
      it('let go of the oldest messages, and whoever stands before them is told of a gap (P3, P4)', async () => {
        await append(...Array.from({ length: 120 }, (_, index) => `e${index + 1}`));
        expect(await log.read(name, start, 1000)).toEqual({ kind: 'gap' });
        expect(await log.read(name, at(19), 1000)).toEqual({ kind: 'gap' });
        const held = texts(await log.read(name, at(20), 1000));
        expect([held.length, held[0], held.at(-1)]).toEqual([100, 'e21', 'e120']);
        expect(await log.tip(name)).toEqual(at(120));
      });

      it('count bytes too', async () => {
        await append(...Array.from({ length: 20 }, () => 'x'.repeat(1000)));
        expect(await log.read(name, at(9), 100)).toEqual({ kind: 'gap' });
        expect(texts(await log.read(name, at(10), 100))).toHaveLength(10);
      });

      it('never let go of the last message, however large: it may be the answer (P1)', async () => {
        await append('small', 'x'.repeat(50_000));
        await log.end(name);
        expect(await log.read(name, at(1), 10)).toMatchObject({ kind: 'events', events: [{ offset: 2 }], ended: true });
      });
    });

    describe('end', () => {
      it('is told with the last event, not before', async () => {
        await append('a', 'b', 'c');
        await log.end(name);
        expect(await log.read(name, start, 2)).toMatchObject({ ended: false });
        expect(await log.read(name, at(2), 2)).toMatchObject({ events: [{ json: 'c' }], ended: true });
        expect(await log.read(name, at(3), 2)).toEqual({ kind: 'events', events: [], ended: true });
      });

      it('lets nothing more in', async () => {
        await append('a');
        await log.end(name);
        await append('late');
        expect(texts(await log.read(name, start, 10))).toEqual(['a']);
      });

      it('leaves the log readable for its time, and no longer', async () => {
        await append('a');
        await log.end(name);
        await log.sweep();
        expect(texts(await log.read(name, start, 10))).toEqual(['a']);
        await under.passTime();
        await log.sweep();
        expect(await log.read(name, start, 10)).not.toHaveProperty('events');
        expect(await log.tip(name)).toBeUndefined();
      });

      it('is what sweep waits for: an open stream stays, however old', async () => {
        await append('a');
        await under.passTime();
        await log.sweep();
        expect(texts(await log.read(name, start, 10))).toEqual(['a']);
      });
    });

    describe('watch', () => {
      it('calls back for an event, for the end and for the session that is forgotten, until it is stopped', async () => {
        let calls = 0;
        const stop = log.watch(name, () => {
          calls++;
        });
        const steps = [() => append('a'), () => log.end(name), () => log.forget(name.session)];
        for (const step of steps) {
          const before = calls;
          await step();
          await until('the watcher is called', () => calls > before);
        }
        stop();
        const after = calls;
        await log.open(name);
        await append('b');
        expect(calls).toBe(after);
      });

      it('of one stream is not called once it was stopped, while others are', async () => {
        const woken: string[] = [];
        const stop = log.watch(name, () => woken.push('stopped'));
        log.watch(name, () => woken.push('kept'));
        stop();
        await append('a');
        await until('the other watcher is called', () => woken.length > 0);
        expect(new Set(woken)).toEqual(new Set(['kept']));
      });
    });

    describe('forget', () => {
      it('leaves nothing of any stream of the session, and everything of others', async () => {
        const [sibling, stranger] = [{ ...name, stream: '2' }, { ...name, session: 't' }];
        for (const each of [sibling, stranger]) {
          await log.open(each);
          await log.append(each, 'a');
        }
        await log.forget(name.session);
        for (const each of [name, sibling]) expect(await log.tip(each)).toBeUndefined();
        expect(await log.read(name, start, 10)).not.toHaveProperty('events');
        expect(texts(await log.read(stranger, start, 10))).toEqual(['a']);
      });
    });
  });
}
