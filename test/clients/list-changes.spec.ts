/** What is added, changed or removed at run time is announced to whoever listens, on every wire. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Catalogue, type Registration } from '../../src/tools/catalogue.js';
import type { ToolOptions } from '../../src/tools/decorators.js';
import { startGatehouse } from '../support/gatehouse.js';
import { doors, enterListening, enterModern, type House } from '../support/mcp-doors.js';
import { textOf, type Peer } from '../support/mcp-peer.js';
import { within } from '../support/mcp-deadline.js';

let gatehouse: Gatehouse;
let catalogue: Catalogue;
let house: House;
beforeAll(async () => {
  gatehouse = await startGatehouse();
  catalogue = gatehouse.app.get(Catalogue);
  house = { url: gatehouse.url };
});
afterAll(() => gatehouse.close());

/** Resolves with the next announcement of a kind after the action. */
async function announcedBy(peer: Peer, kind: 'tools' | 'prompts' | 'resources', action: () => void): Promise<void> {
  const method = `notifications/${kind}/list_changed`;
  const before = count(peer, method);
  action();
  await peer.notices.until(() => count(peer, method) > before, `${method}`);
}

function count(peer: Peer, method: string): number {
  return peer.notices.items.filter((notice) => notice.method === method).length;
}

async function names(peer: Peer): Promise<string[]> {
  return (await peer.listToolsPage()).tools.map(({ name }) => name);
}

const listening = [
  { name: `${doors.httpV1.name}, on its GET stream`, open: () => enterListening(doors.httpV1, house) },
  { name: `${doors.httpLegacy.name}, on its GET stream`, open: () => enterListening(doors.httpLegacy, house) },
  { name: `${doors.sseV1.name}, on its stream`, open: () => enterListening(doors.sseV1, house) },
  { name: `${doors.sse2024.name}, on its stream`, open: () => enterListening(doors.sse2024, house) },
  {
    name: `${doors.httpPinned.name}, on a subscription`, open: async () => {
      const peer = await enterModern(house);
      await peer.client.listen({ toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true });
      return peer;
    },
  },
];

describe.each(listening)('$name', ({ open }) => {
  it('hears of a tool that comes, changes and goes, and finds the list as announced', async () => {
    const peer = await open();
    let tool: Registration<ToolOptions> | undefined;
    await announcedBy(peer, 'tools', () => {
      tool = catalogue.addTool({ name: 'zz_guest', inputSchema: z.object({ word: z.string() }) }, ({ word }) => `guest: ${String(word)}`);
    });
    expect(await names(peer)).toContain('zz_guest');
    expect(textOf(await peer.call('zz_guest', { word: 'hello' }))).toBe('guest: hello');
    await announcedBy(peer, 'tools', () => tool?.update({ title: 'The guest' }));
    expect((await peer.listToolsPage()).tools.find(({ name }) => name === 'zz_guest')).toMatchObject({ title: 'The guest' });
    await announcedBy(peer, 'tools', () => tool?.remove());
    expect(await names(peer)).not.toContain('zz_guest');
    await expect(peer.call('zz_guest', { word: 'hello' })).rejects.toMatchObject({ code: -32602 });
    expect(peer.complaints.items).toEqual([]);
  });

  it('hears of prompts and resources apart from tools', async () => {
    const peer = await open();
    const prompt = catalogue.addPrompt({ name: 'zz_prompt' }, () => 'hello');
    await announcedBy(peer, 'prompts', () => prompt.remove());
    const resource = catalogue.addResource({ name: 'zz', uri: 'test://zz' }, () => 'hello');
    await announcedBy(peer, 'resources', () => resource.remove());
    const template = catalogue.addResourceTemplate({ name: 'zz', uriTemplate: 'zz://{id}' }, () => 'hello');
    await announcedBy(peer, 'resources', () => template.remove());
    expect((await peer.verbs.listPrompts()).prompts).toEqual([]);
    expect((await peer.verbs.listResources()).resources).toEqual([]);
  });
});

describe('many changes at once (row B13)', () => {
  it.each(listening)('are told in few words, and never without the last state: $name', async ({ open }) => {
    const peer = await open();
    const method = 'notifications/tools/list_changed';
    const [started, before] = [performance.now(), count(peer, method)];
    const added = Array.from({ length: 200 }, (_, index) => catalogue.addTool({ name: `zz_many_${index}` }, () => 'many'));
    for (const tool of added) tool.remove();
    const last = catalogue.addTool({ name: 'zz_last' }, () => 'last');
    onTestFinished(() => last.remove());
    await peer.notices.until(() => count(peer, method) > before, 'an announcement');
    // What is announced now comes behind everything before it.
    await announcedBy(peer, 'tools', () => last.update({ description: 'The last.' }));
    expect(await names(peer)).toContain('zz_last');
    expect(count(peer, method) - before).toBeLessThanOrEqual(2 + 4 * Math.ceil((performance.now() - started) / 1000));
  });
});

describe('a client that asked for one kind', () => {
  it('hears of nothing else, and its subscription names itself (row B14)', async () => {
    const peer = await enterModern(house);
    const subscription = await peer.client.listen({ promptsListChanged: true });
    expect(subscription.honoredFilter).toEqual({ promptsListChanged: true });
    const tool = catalogue.addTool({ name: 'zz_unheard' }, () => 'unheard');
    const prompt = catalogue.addPrompt({ name: 'zz_heard' }, () => 'heard');
    await announcedBy(peer, 'prompts', () => prompt.remove());
    tool.remove();
    expect(count(peer, 'notifications/tools/list_changed')).toBe(0);
    for (const { params } of peer.notices.items) {
      expect(params['_meta']).toEqual({ 'io.modelcontextprotocol/subscriptionId': expect.anything() });
    }
  });

  it('hears of the end of its subscription when the server stops', async () => {
    const passing = await startGatehouse();
    const peer = await enterModern({ url: passing.url });
    const subscription = await peer.client.listen({ toolsListChanged: true });
    const closing = passing.close();
    expect(await within(subscription.closed, 'the end of the subscription')).toBe('graceful');
    await closing;
  });
});
