/** A stream has one reader: the later takes it over, and an event id opens the stream that it names and no other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Catalogue } from '../../src/tools/catalogue.js';
import { FixtureModule } from '../conformance/fixtures.js';
import { startGatehouse } from '../support/gatehouse.js';
import { within } from '../support/mcp-deadline.js';
import { messageIn, openSession, openStream, type RawStream } from '../support/mcp-wire.js';
import { DiagnosticsModule } from './fixtures/diagnostics.js';
import { Ledger } from './fixtures/ledger.js';

let gatehouse: Gatehouse;
let catalogue: Catalogue;
beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { retryMs: 40 }, modules: [FixtureModule, DiagnosticsModule] });
  catalogue = gatehouse.app.get(Catalogue);
});
afterAll(() => gatehouse.close());

const uri = 'test://watched-resource';
const subscribe = { jsonrpc: '2.0', id: 's', method: 'resources/subscribe', params: { uri } };

function updates({ events }: RawStream): number {
  return events.items.filter(({ data }) => data.includes('notifications/resources/updated')).length;
}

async function hearsAnUpdate(stream: RawStream): Promise<void> {
  const before = updates(stream);
  catalogue.resourceUpdated(uri);
  await stream.events.until(() => updates(stream) > before, 'an update');
}

describe('a second GET', () => {
  it.each(['2025-03-26', '2025-06-18', '2025-11-25'])('takes the stream over on %s: the first one ends, nothing comes on both', async (revision) => {
    const session = await openSession(gatehouse.url, revision);
    await session.post(subscribe);
    const first = await session.listen();
    expect(first.status).toBe(200);
    await hearsAnUpdate(first);
    const second = await session.listen();
    expect(await within(first.ended, 'the end of the first')).toBe('ended');
    await hearsAnUpdate(second);
    expect([updates(first), updates(second)]).toEqual([1, 1]);
    second.close();
  });

  it('of another session takes nothing over', async () => {
    const [mine, theirs] = await Promise.all([openSession(gatehouse.url, '2025-11-25'), openSession(gatehouse.url, '2025-11-25')]);
    await Promise.all([mine.post(subscribe), theirs.post(subscribe)]);
    const [first, second] = [await mine.listen(), await theirs.listen()];
    await hearsAnUpdate(first);
    await hearsAnUpdate(second);
    expect([first.status, second.status]).toEqual([200, 200]);
    first.close();
    second.close();
  });
});

describe('a resumption', () => {
  const counting = { jsonrpc: '2.0', id: 'c', method: 'tools/call', params: { name: 'count_out', arguments: { limit: 6 } } };

  it('reads on behind the event it names, on the very stream of that event (row B5)', async () => {
    const session = await openSession(gatehouse.url, '2025-11-25');
    const [first, second] = await Promise.all([1, 2].map((id) => openStream(new URL('/mcp', gatehouse.url), session.headers, { ...counting, id })));
    if (!first || !second) throw new Error('two streams were opened');
    await Promise.all([first.ended, second.ended]);
    const third = first.events.items[3];
    const resumed = await session.listen(third?.id);
    expect(await within(resumed.ended, 'the end of the resumed stream')).toBe('ended');
    const read = resumed.events.items.filter(({ data }) => data !== '');
    expect(read.map(({ id, data }) => ({ id, data }))).toEqual(first.events.items.slice(4).map(({ id, data }) => ({ id, data })));
    const last = read.at(-1);
    expect(last && messageIn(last)).toMatchObject({ id: 1 });
  });

  it('opened twice is taken over by the later (row B8)', async () => {
    const session = await openSession(gatehouse.url, '2025-11-25');
    const ledger = gatehouse.app.get(Ledger);
    const entry = 'read by two';
    const stream = await openStream(new URL('/mcp', gatehouse.url), session.headers, {
      jsonrpc: '2.0', id: 'w', method: 'tools/call', params: { name: 'report_then_wait', arguments: { entry }, _meta: { progressToken: 1 } },
    });
    const priming = await stream.events.first(({ id }) => id !== undefined, 'the priming event');
    stream.close();
    const earlier = await session.listen(priming.id);
    await earlier.events.until((events) => events.some(({ data }) => data.includes('"progress":100')), 'the reports');
    const later = await session.listen(priming.id);
    expect(await within(earlier.ended, 'the end of the earlier')).toBe('ended');
    ledger.release(entry);
    const answer = await later.events.first(({ data }) => data.includes('was released'), 'the answer');
    expect(messageIn(answer)).toMatchObject({ id: 'w' });
    expect(earlier.events.items.some(({ data }) => data.includes('was released'))).toBe(false);
  });

  it('after the end gives the rest once more and ends', async () => {
    const session = await openSession(gatehouse.url, '2025-11-25');
    const stream = await openStream(new URL('/mcp', gatehouse.url), session.headers, counting);
    await stream.ended;
    const again = await session.listen(stream.events.items[0]?.id);
    expect(await within(again.ended, 'the end')).toBe('ended');
    expect(again.events.items.filter(({ data }) => data !== '')).toHaveLength(7);
  });
});

describe('a stream that the server drops on purpose', () => {
  it('is opened by an event to come back to, and says when to come back', async () => {
    const session = await openSession(gatehouse.url, '2025-11-25');
    const response = await fetch(new URL('/mcp', gatehouse.url), {
      method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', id: 'r', method: 'tools/call', params: { name: 'test_reconnection' } }),
      headers: { ...session.headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    });
    const dropped = await response.text();
    expect(dropped).toMatch(/^id: \S+$/m);
    expect(dropped).toMatch(/^retry: \d+$/m);
    expect(dropped).not.toContain('came back');
    const resumed = await session.listen(/^id: (\S+)$/m.exec(dropped)?.[1]);
    const answer = await resumed.events.first(({ data }) => data !== '', 'the answer');
    expect(messageIn(answer)).toMatchObject({ id: 'r', result: { content: [{ text: 'Whoever reads this came back for the answer.' }] } });
  });
});
