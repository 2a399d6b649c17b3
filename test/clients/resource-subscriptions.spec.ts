/** Who watches a resource is told when it changes: watched by subscription in a session, by filter on 2026-07-28. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Catalogue } from '../../src/tools/catalogue.js';
import { FixtureModule } from '../conformance/fixtures.js';
import { startGatehouse } from '../support/gatehouse.js';
import { doors, enterListening, enterModern, type House } from '../support/mcp-doors.js';
import type { Peer } from '../support/mcp-peer.js';
import { openSession } from '../support/mcp-wire.js';

const UPDATED = 'notifications/resources/updated';
const WATCHED = 'test://watched-resource';
const OTHER = 'test://static-text';

let gatehouse: Gatehouse;
let catalogue: Catalogue;
let house: House;
beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [FixtureModule] });
  catalogue = gatehouse.app.get(Catalogue);
  house = { url: gatehouse.url };
});
afterAll(() => gatehouse.close());

function heard(peer: Peer): unknown[] {
  return peer.notices.items.filter(({ method }) => method === UPDATED).map(({ params }) => params['uri']);
}

/** Lists change rarely: an announcement of one shows that everything before it has arrived. */
async function flush(peer: Peer, marker: string): Promise<void> {
  const before = peer.notices.items.length;
  const prompt = catalogue.addPrompt({ name: marker }, () => 'marker');
  await peer.notices.until((items) => items.slice(before).some(({ method }) => method === 'notifications/prompts/list_changed'), 'the marker');
  prompt.remove();
}

describe.each([doors.httpV1, doors.sseV1, doors.httpLegacy, doors.sse2024].map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  it('is told of the resource it subscribed to, of no other, and of nothing once it unsubscribed', async () => {
    const peer = await enterListening(door, house);
    await peer.verbs.subscribeResource({ uri: WATCHED });
    catalogue.resourceUpdated(OTHER);
    catalogue.resourceUpdated(WATCHED);
    await peer.notices.first(({ method }) => method === UPDATED, UPDATED);
    await flush(peer, `told_${door.wire}`);
    expect(heard(peer)).toEqual([WATCHED]);

    await peer.verbs.unsubscribeResource({ uri: WATCHED });
    await flush(peer, `left_${door.wire}`);
    const before = heard(peer).length;
    catalogue.resourceUpdated(WATCHED);
    await flush(peer, `quiet_${door.wire}`);
    expect(heard(peer)).toHaveLength(before);
  });

  it('may watch what a template makes', async () => {
    const peer = await enterListening(door, house);
    const uri = `test://template/${door.revision}-${door.wire}/data`;
    await peer.verbs.subscribeResource({ uri });
    catalogue.resourceUpdated(uri);
    await peer.notices.first(({ method }) => method === UPDATED, UPDATED);
    expect(heard(peer)).toEqual([uri]);
  });
});

describe(`${doors.httpPinned.name}`, () => {
  it('is told of the resources its filter names, and of no other', async () => {
    const peer = await enterModern(house);
    const subscription = await peer.client.listen({ resourceSubscriptions: [WATCHED], promptsListChanged: true });
    expect(subscription.honoredFilter).toEqual({ resourceSubscriptions: [WATCHED], promptsListChanged: true });
    catalogue.resourceUpdated(OTHER);
    catalogue.resourceUpdated(WATCHED);
    await peer.notices.first(({ method }) => method === UPDATED, UPDATED);
    await flush(peer, 'told_modern');
    expect(heard(peer)).toEqual([WATCHED]);
  });

  it('is told nothing after it closed its subscription', async () => {
    const peer = await enterModern(house);
    const watching = await peer.client.listen({ resourceSubscriptions: [WATCHED] });
    await watching.close();
    await peer.client.listen({ promptsListChanged: true });
    catalogue.resourceUpdated(WATCHED);
    await flush(peer, 'closed_modern');
    expect(heard(peer)).toEqual([]);
  });
});

describe('a subscription belongs to its session', () => {
  it('tells one session nothing of what another watches', async () => {
    const [watcher, stranger] = await Promise.all([enterListening(doors.httpV1, house), enterListening(doors.httpV1, house)]);
    await watcher.verbs.subscribeResource({ uri: WATCHED });
    catalogue.resourceUpdated(WATCHED);
    await watcher.notices.first(({ method }) => method === UPDATED, UPDATED);
    await flush(stranger, 'after');
    expect(heard(stranger)).toEqual([]);
  });

  it('refuses a subscription without a URI', async () => {
    const session = await openSession(gatehouse.url, '2025-11-25');
    const { last } = await session.post({ jsonrpc: '2.0', id: 1, method: 'resources/subscribe', params: {} });
    expect(last.error?.code).toBe(-32602);
  });
});
