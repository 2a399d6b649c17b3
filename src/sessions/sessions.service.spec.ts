/** Rows C3–C6, C8 and promises P4–P6: a session belongs to whoever opened it, and ends in time. */
import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { pino } from 'pino';
import { settingsFrom } from '../config/load.js';
import { Log } from '../observability/log.js';
import { anonymous, type Caller } from '../protocol/caller.js';
import { Cancellation } from '../protocol/cancellation.js';
import { MemoryEventLog } from '../storage/memory/event-log.memory.js';
import { MemorySessionStore } from '../storage/memory/session-store.memory.js';
import type { SessionStore } from './session-store.port.js';
import { mark, Sessions, type Opening } from './sessions.service.js';

const anna: Caller = { ...anonymous, kind: 'user', subject: 'anna', client: 'desktop' };
const opening: Opening = { wire: 'streamable-http', owner: anna, revision: '2025-11-25', clientInfo: undefined, clientCapabilities: {} };
const HOUR = 3_600_000;

let now: number;
let lines: string[];
let store: SessionStore;
let events: MemoryEventLog;
let sessions: Sessions;

function make(settings: Record<string, unknown> = {}): Sessions {
  let count = 0;
  const clock = { now: () => now };
  const random = { bytes: (bytes: number) => createHash('sha512').update(String(count++)).digest().subarray(0, bytes) };
  events = new MemoryEventLog({ messages: 10, bytes: 1000, ttlMs: 1000 }, clock, random);
  const log = new Log(pino({ level: 'info', base: null, messageKey: 'event' }, { write: (line) => lines.push(line) }));
  return new Sessions(store, events, clock, random, settingsFrom(settings), log);
}

beforeEach(() => {
  now = 1_800_000_000_000;
  lines = [];
  store = new MemorySessionStore();
  sessions = make();
});

async function refusal(work: Promise<unknown>): Promise<unknown> {
  return work.then(() => undefined, (error: unknown) => error);
}

describe('an id is fresh, long and plain (C3, C4)', () => {
  it('has 192 random bits in visible ASCII', async () => {
    const { id } = await sessions.open(opening);
    expect(id).toMatch(/^[A-Za-z0-9_-]{32}$/);
  });

  it('shows in the log only so much that two can be told apart', async () => {
    const { id } = await sessions.open(opening);
    await sessions.end(id, 'client');
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).toContain(mark(id));
      expect(line).not.toContain(id.slice(0, 8));
    }
  });
});

describe('a session belongs to whoever opened it, on its wire (P6)', () => {
  it('answers a stranger, a foreign wire and an ended session like one that never was', async () => {
    const { id } = await sessions.open(opening);
    const [ended] = [(await sessions.open(opening)).id];
    await sessions.end(ended, 'client');
    const unknown = await refusal(sessions.resolve('never', anna, 'streamable-http'));
    expect(unknown).toMatchObject({ fault: 'session_unknown', data: undefined });
    for (const attempt of [
      sessions.resolve(id, { ...anna, subject: 'bert' }, 'streamable-http'), sessions.resolve(id, { ...anna, client: 'phone' }, 'streamable-http'),
      sessions.resolve(id, { ...anna, issuer: 'elsewhere' }, 'streamable-http'), sessions.resolve(id, anna, 'sse'), sessions.resolve(ended, anna, 'streamable-http'),
    ]) expect(await refusal(attempt)).toEqual(unknown);
    // The same person with other rights: the session goes on, and knows them as they are now.
    const refreshed = { ...anna, scopes: ['refreshed'] };
    expect(await sessions.resolve(id, refreshed, 'streamable-http')).toMatchObject({ id, owner: refreshed });
  });
});

describe('callers hold a bounded number of sessions (C8, P4)', () => {
  it('refuses the next one of a caller with 429, and nobody else', async () => {
    sessions = make({ maxSessionsPerCaller: 3 });
    const opened = [await sessions.open(opening), await sessions.open(opening), await sessions.open(opening)];
    expect(await refusal(sessions.open(opening))).toMatchObject({ fault: 'session_limit', row: { http: 429 }, retryAfterSeconds: expect.any(Number) });
    await sessions.open({ ...opening, owner: { ...anna, subject: 'bert' } });
    await sessions.end(opened[0]?.id ?? '', 'client');
    await sessions.open(opening);
  });

  it('refuses the next one of all with 503', async () => {
    sessions = make({ maxSessions: 2, maxSessionsPerCaller: 2 });
    for (const subject of ['a', 'b']) await sessions.open({ ...opening, owner: { ...anna, subject } });
    expect(await refusal(sessions.open({ ...opening, owner: { ...anna, subject: 'c' } }))).toMatchObject({ fault: 'overloaded', row: { http: 503 }, retryAfterSeconds: expect.any(Number) });
  });

  it('keeps both bounds when many come at once', async () => {
    sessions = make({ maxSessionsPerCaller: 5, maxSessions: 8 });
    const owners = Array.from({ length: 40 }, (_, index) => ({ ...anna, subject: index % 2 === 0 ? 'anna' : 'bert' }));
    const answers = await Promise.all(owners.map((owner) => refusal(sessions.open({ ...opening, owner }))));
    expect(answers.filter((error) => error === undefined).length).toBeLessThanOrEqual(8);
    expect(await store.size()).toBeLessThanOrEqual(8);
    for (const subject of ['anna', 'bert']) expect(await store.count({ ...anna, subject })).toBeLessThanOrEqual(5);
    expect(await store.size()).toBeGreaterThan(0);
  });
});

describe('a session ends once, and takes everything with it', () => {
  it('cancels its calls, closes its streams and forgets its logs', async () => {
    const session = await sessions.open(opening);
    const cancellation = new Cancellation();
    sessions.trafficOf(session).begin(1, cancellation);
    const ended = vi.fn<(reason: string) => void>();
    sessions.onEnd(session, ended);
    await events.open({ session: session.id, stream: '1' });

    await sessions.end(session.id, 'client');
    await sessions.end(session.id, 'idle');
    expect(cancellation.reason).toBe('session_ended');
    expect(ended.mock.calls).toEqual([['client']]);
    expect(await events.tip({ session: session.id, stream: '1' })).toBeUndefined();
  });

  it('does not call back whoever stopped listening', async () => {
    const session = await sessions.open(opening);
    const [stayed, left] = [vi.fn<() => void>(), vi.fn<() => void>()];
    sessions.onEnd(session, stayed);
    sessions.onEnd(session, left)();
    await sessions.end(session.id, 'client');
    expect([stayed.mock.calls.length, left.mock.calls.length]).toEqual([1, 0]);
  });

  it('ends all that have something open here, when the server ends', async () => {
    const [busy, streaming, quiet] = [await sessions.open(opening), await sessions.open(opening), await sessions.open(opening)];
    sessions.trafficOf(busy).begin(1, new Cancellation());
    sessions.onEnd(streaming, () => undefined);
    await sessions.endAll('drain');
    expect(await Promise.all([busy, streaming, quiet].map(async ({ id }) => (await store.find(id, now)) === undefined))).toEqual([true, true, false]);
  });

  it('keeps nothing of a session whose calls are over', async () => {
    const session = await sessions.open(opening);
    const traffic = sessions.trafficOf(session);
    traffic.begin(1, new Cancellation());
    sessions.release(session);
    expect(sessions.trafficOf(session)).toBe(traffic);
    traffic.finish(1);
    sessions.release(session);
    expect(sessions.trafficOf(session)).not.toBe(traffic);
  });
});

describe('a session ends in time (C6, R198, R199)', () => {
  async function endOf(prepare: (id: string) => void | Promise<void>): Promise<string[]> {
    const session = await sessions.open(opening);
    const reasons: string[] = [];
    sessions.onEnd(session, (reason) => reasons.push(reason));
    await prepare(session.id);
    await sessions.sweep();
    return reasons;
  }

  it('stays while its idle time is not over, and every request begins it anew', async () => {
    expect(await endOf(async (id) => {
      now += 0.4 * HOUR;
      await sessions.resolve(id, anna, 'streamable-http');
      now += 0.4 * HOUR;
    })).toEqual([]);
  });

  it('ends for the reason idle after half an hour without a request', async () => {
    expect(await endOf(() => {
      now += 0.5 * HOUR + 1;
    })).toEqual(['idle']);
  });

  it('stays while a call runs: that is activity', async () => {
    expect(await endOf((id) => {
      sessions.trafficOf({ ...opening, id, createdAt: now, lastActivityAt: now, logLevel: 'info', subscriptions: [] }).begin(1, new Cancellation());
      now += 2 * HOUR;
    })).toEqual([]);
  });

  it('ends for the reason expired after twelve hours, however busy it is', async () => {
    expect(await endOf(async (id) => {
      const session = await sessions.resolve(id, anna, 'streamable-http');
      sessions.trafficOf(session).begin(1, new Cancellation());
      now += 12 * HOUR + 1;
      await sessions.resolve(id, anna, 'streamable-http');
    })).toEqual(['expired']);
  });

  it('is swept on a timer that survives a store that fails, and says so (P11)', async () => {
    vi.useFakeTimers();
    const failing = vi.spyOn(store, 'expired').mockRejectedValue(new Error('connection lost'));
    sessions.onApplicationBootstrap();
    await vi.advanceTimersByTimeAsync(300_000);
    await vi.advanceTimersByTimeAsync(300_000);
    sessions.onModuleDestroy();
    await vi.advanceTimersByTimeAsync(300_000);
    vi.useRealTimers();
    expect(failing).toHaveBeenCalledTimes(2);
    expect(lines.filter((line) => line.includes('session.sweep_failed'))).toHaveLength(2);
  });
});
