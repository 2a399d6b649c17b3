/** Sessions are limited in number and in time, by the clock and not by their streams (rows C6, C8). */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Settings } from '../../src/config/settings.js';
import { Log } from '../../src/observability/log.js';
import { anonymous } from '../../src/protocol/caller.js';
import { Clock } from '../../src/protocol/clock.js';
import { Sessions } from '../../src/sessions/sessions.service.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { EventStream } from '../support/http-event-stream.js';
import { Ledger, LedgerModule } from '../support/http-ledger.js';
import { initialize, McpSession, rpc } from '../support/http-mcp.js';

let gatehouse: Gatehouse;
let passed = 0;

async function start(settings: Record<string, unknown>): Promise<void> {
  gatehouse = await startGatehouse({ settings: { heartbeatMs: 20, ...settings }, modules: [LedgerModule] });
  passed = 0;
  const clock: Clock = gatehouse.app.get(Clock);
  const began = clock.now();
  vi.spyOn(clock, 'now').mockImplementation(() => began + passed);
}

/** Lets time pass and the sweeper come round. */
async function after(seconds: number): Promise<void> {
  passed += seconds * 1000;
  await gatehouse.app.get(Sessions).sweep();
}

afterEach(() => gatehouse.close());

describe('a session without traffic ends (C6, R198, R199)', () => {
  it('after thirty minutes, looked for every five, unless the settings say otherwise (R198, R199)', async () => {
    await start({});
    expect(gatehouse.app.get(Settings)).toMatchObject({ sessionIdleSeconds: 1800, sessionSweepSeconds: 300, sessionMaxSeconds: 43_200 });
  });

  it('ends after its idle time and not before, its stream with it', async () => {
    await start({ sessionIdleSeconds: 1800, sessionMaxSeconds: 43_200 });
    const session = await McpSession.open(gatehouse.url);
    const stream = await session.listen();
    await after(1799);
    expect((await session.call(1, 'ping')).status).toBe(200);
    await after(1799);
    expect(stream.isEnded).toBe(false);
    await after(2);
    await stream.ended();
    expect((await session.call(2, 'ping')).status).toBe(404);
  });

  it('does not take its own heartbeats for traffic (fault 4)', async () => {
    await start({ sessionIdleSeconds: 60 });
    const session = await McpSession.open(gatehouse.url);
    const stream = await session.listen();
    const beats = stream.frames;
    await stream.frame('three heartbeats', () => beats.filter(({ comments }) => comments.includes('heartbeat')).length >= 3);
    await after(61);
    await stream.ended();
    expect(stream.isEnded).toBe(true);
  });

  it('ends a session of HTTP+SSE the same way, and tells its stream', async () => {
    await start({ sessionIdleSeconds: 60 });
    const stream = await EventStream.open(`${gatehouse.url}/sse`);
    await stream.frame('the endpoint', ({ event }) => event === 'endpoint');
    await after(61);
    await stream.ended();
    expect(stream.isEnded).toBe(true);
  });

  it('counts a running call as traffic', async () => {
    await start({ sessionIdleSeconds: 60, streamAfterMs: 1 });
    const session = await McpSession.open(gatehouse.url);
    const stream = await session.streamTool(1, 'hold', { key: 'long' });
    await until('it runs', () => gatehouse.app.get(Ledger).rows.includes('held:long'));
    await after(61);
    gatehouse.app.get(Ledger).release('long');
    expect((await stream.answer(1)).result).toBeDefined();
  });
});

describe('no session lives longer than its absolute limit (C6)', () => {
  it('ends however busy it was, its stream with it, and says why', async () => {
    await start({ sessionIdleSeconds: 60, sessionMaxSeconds: 120 });
    const ended = vi.spyOn(gatehouse.app.get(Log), 'info');
    const session = await McpSession.open(gatehouse.url);
    const stream = await session.listen();
    for (let minute = 0; minute < 4; minute++) {
      await session.call(minute, 'ping');
      await after(31);
    }
    await stream.ended();
    expect((await session.call(9, 'ping')).status).toBe(404);
    expect(ended).toHaveBeenCalledWith('session.ended', expect.objectContaining({ reason: 'expired' }));
  });

  it('ends even while a call runs', async () => {
    await start({ sessionIdleSeconds: 60, sessionMaxSeconds: 120, streamAfterMs: 1 });
    const session = await McpSession.open(gatehouse.url);
    const stream = await session.streamTool(1, 'hold', { key: 'endless' });
    await until('it runs', () => gatehouse.app.get(Ledger).rows.includes('held:endless'));
    await after(121);
    await until('the call was cancelled', () => gatehouse.app.get(Ledger).rows.includes('cancelled:endless'));
    await stream.ended();
    expect((await session.call(2, 'ping')).status).toBe(404);
  });
});

describe('a caller holds so many sessions and no more (C8)', () => {
  it('answers the next 429 with Retry-After, and opens again once one has ended', async () => {
    await start({ maxSessionsPerCaller: 2 });
    const [first] = [await McpSession.open(gatehouse.url), await McpSession.open(gatehouse.url)];
    const refused = await initialize(gatehouse.url);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(rpc(refused)).toMatchObject({ id: 'open', error: { code: 1429 } });
    await first.end();
    expect((await initialize(gatehouse.url)).status).toBe(200);
  });

  it('answers the same on the stream of HTTP+SSE', async () => {
    await start({ maxSessionsPerCaller: 1 });
    await McpSession.open(gatehouse.url);
    const refused = await EventStream.open(`${gatehouse.url}/sse`);
    await refused.ended();
    expect(refused.status).toBe(429);
    expect(refused.headers['content-type']).toMatch(/^application\/json/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('leaves other callers alone', async () => {
    await start({ maxSessionsPerCaller: 1 });
    await McpSession.open(gatehouse.url);
    const opening = { wire: 'streamable-http', revision: '2025-11-25', clientInfo: undefined, clientCapabilities: {} } as const;
    await expect(gatehouse.app.get(Sessions).open({ ...opening, owner: { ...anonymous, subject: 'somebody else' } })).resolves.toBeDefined();
  });

  it('answers 503 when all callers together hold too many', async () => {
    await start({ maxSessionsPerCaller: 2, maxSessions: 2 });
    const opening = { wire: 'streamable-http', revision: '2025-11-25', clientInfo: undefined, clientCapabilities: {} } as const;
    for (const subject of ['one', 'two']) await gatehouse.app.get(Sessions).open({ ...opening, owner: { ...anonymous, subject } });
    const refused = await initialize(gatehouse.url);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });
});
