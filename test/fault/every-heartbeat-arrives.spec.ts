/** Many idle streams: every one of them is beaten, however many there are (row B10; the long form is test/load/idle-streams.ts). */
import { describe, expect, it } from 'vitest';
import { until } from '../support/http-deadline.js';
import { LedgerServer } from '../support/ledger-server.js';
import { many } from '../support/many.js';
import { idleStream } from '../support/idle-streams.js';

const [STREAMS, BEATS] = [600, 3];

describe('six hundred idle streams of every kind', () => {
  it('are all beaten, again and again, and cost a few kilobytes each (B10)', async () => {
    const server = await LedgerServer.forTest({ LOG_LEVEL: 'warn', GATEHOUSE_HEARTBEAT_MS: '1000' });
    const before = await server.gauges();
    const streams = await many(STREAMS, (index) => idleStream(server.url, index));
    await until('every stream has been beaten', () => streams.every(({ beats }) => beats.length >= BEATS));
    const { heapUsed, timers } = await server.gauges();
    expect(timers).toBeLessThanOrEqual(before.timers + 2);
    expect((heapUsed - before.heapUsed) / STREAMS).toBeLessThan(64 * 1024);
    for (const { close } of streams) close();
    await until('they are gone', async () => (await server.gauges()).sockets === 0);
  });
});
