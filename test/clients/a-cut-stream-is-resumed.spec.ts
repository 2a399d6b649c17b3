/** After a real cut the official clients come back and read on: nothing lost, nothing twice (promise P3). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Catalogue } from '../../src/tools/catalogue.js';
import { FixtureModule } from '../conformance/fixtures.js';
import { startGatehouse } from '../support/gatehouse.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { within } from '../support/mcp-deadline.js';
import { doors, enter, enterListening, enterModern, httpOffering, type Door } from '../support/mcp-doors.js';
import { saying, textOf, type Peer } from '../support/mcp-peer.js';
import { Ledger } from './fixtures/ledger.js';
import { TripsModule } from './fixtures/trips.js';

const RETRY_MS = 20;
const LIMIT = 20;
const numbers = Array.from({ length: LIMIT }, (_, index) => index + 1);

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse({ settings: { retryMs: RETRY_MS }, modules: [FixtureModule, TripsModule] });
});
afterAll(() => gatehouse.close());

function named(...list: Door[]): { door: Door; name: string }[] {
  return list.map((door) => ({ door, name: door.name }));
}

/** The numbers heard since the last time, in the order they came. */
function numbersHeard(peer: Peer): number[] {
  const said = peer.notices.items.splice(0).filter(({ method }) => method === 'notifications/message');
  return said.map(({ params }) => Number(/\d+/.exec(String(params['data']))?.[0]));
}

async function counted(peer: Peer): Promise<string> {
  return textOf(await within(peer.call('count_out', { limit: LIMIT }), 'the result of the call that was cut'));
}

const resumable = named(doors.httpV1, doors.httpLegacy, httpOffering('2025-06-18'), httpOffering('2025-03-26'));

describe.each(resumable)('$name', ({ door }) => {
  it('hears every message of a call once and in order, wherever its stream is cut', async () => {
    const proxy = await FaultProxy.forTest(gatehouse.url);
    const peer = await enter(door, proxy);
    // Before 2025-11-25 there is nothing to come back to until the first event has arrived.
    const places = door.revision === '2025-11-25' ? numbers : numbers.slice(1);
    for (const place of places) {
      for (const words of [`number ${place}`, `number ${place};"}}`, `number ${place};"}}\n\n`]) {
        const cut = proxy.cutBehind(words);
        const result = counted(peer);
        await within(cut, `the cut behind ${JSON.stringify(words)}`);
        expect(await result).toBe(`counted to ${LIMIT}`);
        expect(numbersHeard(peer), `cut behind ${JSON.stringify(words)}`).toEqual(numbers);
      }
    }
  }, 60_000);

  it('is cut again and again, in what it reads on as well', async () => {
    const proxy = await FaultProxy.forTest(gatehouse.url);
    const peer = await enter(door, proxy);
    const cuts = [3, 4, 9, 17].map((place) => proxy.cutBehind(`number ${place};`));
    expect(await counted(peer)).toBe(`counted to ${LIMIT}`);
    await within(Promise.all(cuts), 'all four cuts');
    expect(numbersHeard(peer)).toEqual(numbers);
    expect(proxy.connections).toBeGreaterThanOrEqual(5);
  });

  it('still receives a result that was cut on its way (row B9)', async () => {
    const proxy = await FaultProxy.forTest(gatehouse.url);
    const peer = await enter(door, proxy);
    const cut = proxy.cutBehind('counted to');
    expect(await counted(peer)).toBe(`counted to ${LIMIT}`);
    await within(cut, 'the cut');
    expect(numbersHeard(peer)).toEqual(numbers);
  });
});

describe.each(named(doors.httpV1, doors.httpLegacy))('$name', ({ door }) => {
  it('is asked once, and answers, where the question was cut on its way', async () => {
    const destination = `Lima by ${door.name}`;
    const proxy = await FaultProxy.forTest(gatehouse.url);
    const heard: string[] = [];
    const peer = await enter(door, proxy, {
      elicit: ({ message }) => {
        heard.push(message);
        const content: Record<string, string | boolean> = message.startsWith('Who') ? { name: 'Ada' } : { confirmed: true };
        return { action: 'accept', content };
      },
    });
    const cuts = ['Who travels', 'Take seat'].map((words) => proxy.cutBehind(words));
    const result = await within(peer.call('plan_trip', { destination }), 'the result');
    await within(Promise.all(cuts), 'both cuts');
    expect(textOf(result)).toBe(`Ada travels to ${destination} on seat 1: confirmed.`);
    expect(heard).toEqual([`Who travels to ${destination}?`, `Take seat 1 to ${destination}?`]);
    expect(gatehouse.app.get(Ledger).count(`seat to ${destination}`)).toBe(1);
  });

  it('answers a question though its stream was cut right behind it', async () => {
    const proxy = await FaultProxy.forTest(gatehouse.url);
    const cut = proxy.cutBehind('"maxTokens":100}}\n\n');
    const peer = await enter(door, proxy, {
      sample: async () => {
        await cut;
        return saying('Still here.');
      },
    });
    expect(textOf(await within(peer.call('test_sampling', { prompt: 'Are you there?' }), 'the result'))).toBe('LLM response: Still here.');
  });

  it('finds what was announced while its GET stream was cut, once and in order', async () => {
    const proxy = await FaultProxy.forTest(gatehouse.url);
    const catalogue = gatehouse.app.get(Catalogue);
    const peer = await enterListening(door, proxy);
    const uris = Array.from({ length: 30 }, (_, index) => `test://template/${index}-${proxy.url.slice(-5)}/data`);
    for (const uri of uris) await peer.verbs.subscribeResource({ uri });
    for (const uri of uris.slice(0, 10)) catalogue.resourceUpdated(uri);
    proxy.cutAll();
    for (const uri of uris.slice(10)) catalogue.resourceUpdated(uri);
    const updates = (): unknown[] => peer.notices.items.filter(({ method }) => method === 'notifications/resources/updated').map(({ params }) => params['uri']);
    await peer.notices.until(() => updates().length >= uris.length, 'all thirty updates');
    expect(updates()).toEqual(uris);
  });
});

describe('a server that drops the stream of a call on purpose (SEP-1699)', () => {
  it.each(named(doors.httpV1, doors.httpLegacy))('is come back to for the answer: $name', async ({ door }) => {
    const resumed: (string | null)[] = [];
    const peer = await enter(door, gatehouse, {}, (url, init) => {
      const last = new Headers(init?.headers).get('last-event-id');
      if (last !== null) resumed.push(last);
      return fetch(url, init);
    });
    const result = await within(peer.call('test_reconnection'), 'the answer');
    expect(textOf(result)).toBe('Whoever reads this came back for the answer.');
    expect(resumed).toHaveLength(1);
  });

  it.each(named(httpOffering('2025-06-18'), doors.httpPinned, doors.sseV1))('spares a client that could not come back: $name', async ({ door }) => {
    const peer = await enter(door, gatehouse);
    expect(textOf(await within(peer.call('test_reconnection'), 'the answer'))).toBe('Whoever reads this came back for the answer.');
    expect(peer.complaints.items).toEqual([]);
  });
});

describe('a stream of 2026-07-28 that is cut', () => {
  it('is a visible failure and a cancelled call: that revision has no resumption (promises P1, P2)', async () => {
    const proxy = await FaultProxy.forTest(gatehouse.url);
    const peer = await enterModern(proxy);
    const cut = proxy.cutBehind('"progress":100');
    const over = new AbortController();
    const call = peer.call('report_then_wait', { entry: 'cut in 2026' }, { signal: over.signal, onprogress: () => undefined }).catch(() => 'failed');
    await within(cut, 'the cut');
    await peer.complaints.first(({ message }) => /disconnected/.test(message), 'the failure of the stream');
    const ledger = gatehouse.app.get(Ledger);
    await ledger.written('cut in 2026 cancelled', 1000);
    ledger.release('cut in 2026');
    // The package says that the stream is gone, but leaves the call to its timeout.
    over.abort();
    expect(await call).toBe('failed');
    expect(textOf(await peer.call('ledger_enter', { entry: 'afterwards' }))).toBe('1');
  });
});
