/** Over pipes there is one stream for everything: announcements come beside the answers, in both eras. */
import { describe, expect, it } from 'vitest';
import { doors, enter, enterModern, fixtureStdio } from '../support/mcp-doors.js';
import { within } from '../support/mcp-deadline.js';
import { textOf, type Peer } from '../support/mcp-peer.js';

const house = { url: '', stdio: fixtureStdio() };
const WATCHED = 'test://watched-resource';

function methods(peer: Peer): string[] {
  return peer.notices.items.map(({ method }) => method);
}

describe.each([doors.stdioV1, doors.stdioLegacy].map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  it('hears of lists that change, and of the resource it subscribed to alone', async () => {
    const peer = await enter(door, house);
    await peer.call('test_trigger_tool_change');
    await peer.call('test_trigger_prompt_change');
    await peer.notices.first(({ method }) => method === 'notifications/tools/list_changed', 'a change of tools');
    await peer.notices.first(({ method }) => method === 'notifications/prompts/list_changed', 'a change of prompts');

    await peer.verbs.subscribeResource({ uri: WATCHED });
    await peer.call('touch_resource', { entry: 'test://static-text' });
    await peer.call('touch_resource', { entry: WATCHED });
    const { params } = await peer.notices.first(({ method }) => method === 'notifications/resources/updated', 'an update');
    expect(params).toEqual({ uri: WATCHED });

    await peer.verbs.unsubscribeResource({ uri: WATCHED });
    const before = methods(peer).length;
    await peer.call('touch_resource', { entry: WATCHED });
    expect(textOf(await peer.call('greet', { name: 'Ada' }))).toBe('Hello, Ada!');
    expect(methods(peer).slice(before)).not.toContain('notifications/resources/updated');
  });
});

describe('client 2.4, pinned to 2026-07-28, over stdio', () => {
  it('hears of what its subscription names, until it closes it', async () => {
    const peer = await enterModern(house, {}, undefined, 'stdio');
    await peer.call('test_trigger_tool_change');
    expect(methods(peer)).toEqual([]);

    const subscription = await peer.client.listen({ toolsListChanged: true, resourceSubscriptions: [WATCHED] });
    expect(subscription.honoredFilter).toEqual({ toolsListChanged: true, resourceSubscriptions: [WATCHED] });
    await peer.call('test_trigger_prompt_change');
    await peer.call('test_trigger_tool_change');
    await peer.call('touch_resource', { entry: 'test://static-text' });
    await peer.call('touch_resource', { entry: WATCHED });
    await peer.notices.first(({ method }) => method === 'notifications/resources/updated', 'an update');
    expect(new Set(methods(peer))).toEqual(new Set(['notifications/tools/list_changed', 'notifications/resources/updated']));
    for (const { params } of peer.notices.items) expect(params['_meta']).toEqual({ 'io.modelcontextprotocol/subscriptionId': expect.anything() });

    await subscription.close();
    expect(await within(subscription.closed, 'the end of the subscription')).toBe('local');
    const before = methods(peer).length;
    await peer.call('touch_resource', { entry: WATCHED });
    expect(textOf(await peer.call('greet', { name: 'Ada' }))).toBe('Hello, Ada!');
    expect(methods(peer).slice(before)).toEqual([]);
  });
});
