/** Row B14: `subscriptions/listen` acknowledges, tells nothing outside its filter, and ends with its result. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cancellation } from '../../protocol/cancellation.js';
import type { JsonObject, JsonValue, Outbound } from '../../protocol/message.js';
import { metaKeys } from '../../protocol/meta-keys.js';
import { rulesOf } from '../../protocol/revision.js';
import { ChangeFeed } from '../change-feed.js';
import { Outbox } from '../execution/outbox.js';
import { Envelope } from './envelope.js';
import { Subscriptions } from './subscription.js';

let feed: ChangeFeed;
let subscriptions: Subscriptions;

beforeEach(() => {
  feed = new ChangeFeed();
  subscriptions = new Subscriptions(feed, new Envelope({ name: 'gatehouse', version: '1' }, 10_000));
});
afterEach(() => feed.onModuleDestroy());

/** What the caller may hear of; a test may narrow it. */
let mayHear: (uri: string) => boolean;
beforeEach(() => {
  mayHear = () => true;
});

const _meta = { [metaKeys.subscriptionId]: 'sub-1' };

function listen(notifications: JsonValue): { outbox: Outbox; cancellation: Cancellation } {
  const [outbox, cancellation] = [new Outbox(), new Cancellation()];
  subscriptions.listen('sub-1', { notifications }, rulesOf('2026-07-28'), outbox, cancellation, (uri) => mayHear(uri));
  return { outbox, cancellation };
}

async function ended(outbox: Outbox): Promise<Outbound[]> {
  subscriptions.endAll();
  const messages: Outbound[] = [];
  for await (const message of outbox) messages.push(message);
  return messages;
}

function told(method: string, params: JsonObject = {}): object {
  return { kind: 'notification', method: `notifications/${method}`, params: { _meta, ...params } };
}

/** As many and as long as there may be. */
const most = ['x://a', `x://${'a'.repeat(2044)}`, ...Array.from({ length: 198 }, (_, index) => `y://${index}`)];

function announceEverything(): void {
  for (const kind of ['tools', 'prompts', 'resources'] as const) feed.announce({ kind });
  for (const uri of ['x://a', 'x://b']) feed.announce({ kind: 'resource', uri });
}

describe('a subscription tells what it acknowledged, under its id (B14)', () => {
  it.each<[JsonObject, JsonObject, object[]]>([
    [{}, {}, []],
    [{ toolsListChanged: true }, { toolsListChanged: true }, [told('tools/list_changed')]],
    [{ promptsListChanged: true, toolsListChanged: false }, { promptsListChanged: true }, [told('prompts/list_changed')]],
    [{ resourcesListChanged: true }, { resourcesListChanged: true }, [told('resources/list_changed')]],
    [{ resourceSubscriptions: ['x://a'] }, { resourceSubscriptions: ['x://a'] }, [told('resources/updated', { uri: 'x://a' })]],
    [{ resourceSubscriptions: most }, { resourceSubscriptions: most }, [told('resources/updated', { uri: 'x://a' })]],
    [{ toolsListChanged: true, unheardOf: true }, { toolsListChanged: true }, [told('tools/list_changed')]],
  ])('%j', async (filter, agreed, news) => {
    const { outbox } = listen(filter);
    announceEverything();
    const messages = await ended(outbox);
    expect(messages.slice(0, -1)).toEqual([told('subscriptions/acknowledged', { notifications: agreed }), ...news]);
  });

  it('ends gracefully with a result under its id', async () => {
    const [final] = (await ended(listen({}).outbox)).slice(-1);
    if (final?.kind !== 'result') throw new Error('no result');
    expect(JSON.parse(String(final.json))).toMatchObject({ resultType: 'complete', _meta });
  });

  it('ends when it is cancelled, and hears nothing more; others go on', async () => {
    const [one, other] = [listen({ toolsListChanged: true }), listen({ toolsListChanged: true })];
    one.cancellation.cancel('caller');
    feed.announce({ kind: 'tools' });
    expect(one.outbox.finished).toBe(true);
    expect((await ended(one.outbox)).map(({ kind }) => kind)).toEqual(['notification', 'result']);
    expect((await ended(other.outbox)).map(({ kind }) => kind)).toEqual(['notification', 'notification', 'result']);
  });

  it('says nothing of a resource its caller may not know, from the moment he may not (P6)', async () => {
    const { outbox } = listen({ resourceSubscriptions: ['x://a', 'x://b'] });
    mayHear = (uri) => uri !== 'x://a';
    feed.announce({ kind: 'resource', uri: 'x://a' });
    feed.announce({ kind: 'resource', uri: 'x://b' });
    expect((await ended(outbox)).slice(1, -1)).toEqual([told('resources/updated', { uri: 'x://b' })]);
  });

  it('tells of lists whatever its caller may know of resources', async () => {
    mayHear = () => false;
    const { outbox } = listen({ toolsListChanged: true, resourceSubscriptions: ['x://a'] });
    announceEverything();
    expect((await ended(outbox)).slice(1, -1)).toEqual([told('tools/list_changed')]);
  });

  it('keeps nobody listening once it is over', () => {
    vi.useFakeTimers();
    const { cancellation } = listen({ toolsListChanged: true });
    cancellation.cancel('caller');
    // Without a listener the feed has no window to wait for.
    feed.announce({ kind: 'tools' });
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('is over at once where it was cancelled before', () => {
    const [outbox, cancellation] = [new Outbox(), new Cancellation()];
    cancellation.cancel('disconnect');
    subscriptions.listen(1, { notifications: {} }, rulesOf('2026-07-28'), outbox, cancellation, mayHear);
    expect(outbox.finished).toBe(true);
  });
});

describe('a malformed filter is refused and leaves nothing behind', () => {
  it.each<[string, JsonValue]>([
    ['no object', null], ['a list', []], ['a flag that is no boolean', { toolsListChanged: 1 }], ['URIs that are no list', { resourceSubscriptions: 'x://a' }],
    ['a URI that is no text', { resourceSubscriptions: [1] }], ['a list for a URI', { resourceSubscriptions: [[]] }],
    ['one URI that is no text among others', { resourceSubscriptions: ['x://a', 1] }], ['more than two hundred URIs', { resourceSubscriptions: Array.from({ length: 201 }, () => 'x://a') }],
    ['a URI of more than two kilobytes', { resourceSubscriptions: [`x://${'a'.repeat(2048)}`] }],
  ])('refuses %s', (_, notifications) => {
    expect(() => listen(notifications)).toThrow(expect.objectContaining({ fault: 'params_invalid', say: expect.stringContaining('params.notifications') }));
  });
});
