/**
 * N idle streams for M minutes (reliability row B10): `node --import ./scripts/typescript.mjs test/load/idle-streams.ts
 * 10000 10`. Prints what the server costs and how late its heartbeats are; ends with 1 where the row's numbers are
 * missed. Needs a limit of open files above the number of streams (`ulimit -n`).
 */
import { setTimeout as pause } from 'node:timers/promises';
import { idleStream, type IdleStream } from '../support/idle-streams.js';
import { LedgerServer } from '../support/ledger-server.js';
import { many } from '../support/many.js';
import { McpSession } from '../support/http-mcp.js';

const [streamCount = 10_000, minutes = 10] = process.argv.slice(2).map(Number);
// The row's: 400 MB resident, 50 ms at the 99th percentile for a call and for the event loop, every heartbeat within 20 s.
const MOST = { residentMB: 400, callP99: 50, delayP99: 50, gapMs: 20_000 };
const MB = 1024 * 1024;

/** The value below which so many of a hundred lie. */
function percentile(values: readonly number[], percent: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * percent / 100))] ?? 0;
}

/** The times between heartbeats, and from the last one until now. */
function gaps(streams: readonly IdleStream[], now: number): number[] {
  return streams.filter(({ isEnded }) => !isEnded).flatMap(({ beats }) => [...beats, now].slice(1).map((beat, index) => beat - (beats[index] ?? beat)));
}

const server = await LedgerServer.start({ LOG_LEVEL: 'warn', MCP_SESSION_IDLE_SECONDS: '43200' });
const before = await server.gauges();
const began = performance.now();
const streams = await many(streamCount, (index) => idleStream(server.url, index), 100);
console.log(`${streamCount} streams open after ${Math.round(performance.now() - began)} ms`);

const session = await McpSession.open(server.url);
await server.watchDelay();
const calls: number[] = [];
for (const end = performance.now() + minutes * 60_000; performance.now() < end;) {
  const asked = performance.now();
  await session.callTool(calls.length, 'note', { text: 'meanwhile' });
  calls.push(performance.now() - asked);
  await pause(1000);
}

const now = performance.now();
const [after, delay, between] = [await server.gauges(), await server.delay(), gaps(streams, now)];
const figures = {
  streams: streamCount, minutes, descriptors: after.descriptors,
  residentMB: Math.round(after.rss / MB), residentBeforeMB: Math.round(before.rss / MB), heapMB: Math.round(after.heapUsed / MB), heapBeforeMB: Math.round(before.heapUsed / MB),
  delayP50: delay.p50, delayP99: delay.p99, delayMax: delay.max,
  callP50: percentile(calls, 50), callP99: percentile(calls, 99),
  heartbeats: streams.reduce((sum, { beats }) => sum + beats.length, 0), ended: streams.filter(({ isEnded }) => isEnded).length, neverBeaten: streams.filter(({ beats }) => beats.length === 0).length,
  gapP50Ms: percentile(between, 50), gapP99Ms: percentile(between, 99), gapMaxMs: between.reduce((most, gap) => Math.max(most, gap), 0),
};
console.log(JSON.stringify(figures, (_name, value: unknown) => (typeof value === 'number' ? Math.round(value * 10) / 10 : value), 2));
await server.process.kill();
process.stdout.write(server.process.errors.slice(-2000));
const isMissed = figures.ended > 0 || figures.residentMB > MOST.residentMB || figures.callP99 > MOST.callP99 || figures.delayP99 > MOST.delayP99 || figures.gapMaxMs > MOST.gapMs;
process.exit(isMissed ? 1 : 0);
