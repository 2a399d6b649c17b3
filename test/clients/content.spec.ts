/** Content of every kind, resources, templates, prompts and completion, as every official client reads them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { PNG, WAV } from '../conformance/fixtures/content.js';
import { FixtureModule } from '../conformance/fixtures.js';
import { startGatehouse } from '../support/gatehouse.js';
import { everyDialect, fixtureStdio } from '../support/mcp-doors.js';
import type { Peer } from '../support/mcp-peer.js';
import { openSession, postModern } from '../support/mcp-wire.js';

let gatehouse: Gatehouse;
beforeAll(async () => {
  gatehouse = await startGatehouse({ modules: [FixtureModule] });
});
afterAll(() => gatehouse.close());

describe.each(everyDialect.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await door.open({ url: gatehouse.url, stdio: fixtureStdio() }, {});
  });
  afterAll(() => peer.close());

  it('receives texts, images and embedded resources', async () => {
    expect((await peer.call('test_image_content')).content).toEqual([{ type: 'image', data: PNG, mimeType: 'image/png' }]);
    const mixed = await peer.call('test_multiple_content_types');
    expect(mixed.content.map(({ type }) => type)).toEqual(['text', 'image', 'resource']);
    expect(mixed.content[2]).toMatchObject({ resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' } });
  });

  it('receives a sound where its revision knows sounds', async () => {
    const { content } = await peer.call('test_audio_content');
    if (door.revision === '2024-11-05') expect(content.map(({ type }) => type)).not.toContain('audio');
    else expect(content).toEqual([{ type: 'audio', data: WAV, mimeType: 'audio/wav' }]);
  });

  it('reads the failure of a tool as a result its model can understand', async () => {
    expect(await peer.call('test_error_handling')).toMatchObject({
      isError: true, content: [{ type: 'text', text: 'This tool intentionally returns an error for testing' }],
    });
  });

  it('learns which argument was wrong, and why', async () => {
    const refused = await peer.call('test_sampling', { prompt: 7 }).then((result) => JSON.stringify(result.content), (error: Error) => error.message);
    expect(refused).toMatch(/prompt/);
    await expect(peer.call('no_such_tool')).rejects.toMatchObject({ code: -32602, message: expect.stringContaining('no_such_tool') });
  });

  it('lists the resources and reads texts and bytes', async () => {
    const { resources } = await peer.verbs.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(['test://static-binary', 'test://static-text', 'test://watched-resource']);
    expect((await peer.verbs.readResource({ uri: 'test://static-text' })).contents).toEqual([
      { uri: 'test://static-text', mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
    ]);
    expect((await peer.verbs.readResource({ uri: 'test://static-binary' })).contents).toEqual([
      { uri: 'test://static-binary', mimeType: 'image/png', blob: PNG },
    ]);
  });

  it('reads what a template makes', async () => {
    const { resourceTemplates } = await peer.verbs.listResourceTemplates();
    expect(resourceTemplates).toEqual([expect.objectContaining({ uriTemplate: 'test://template/{id}/data', mimeType: 'application/json' })]);
    const { contents } = await peer.verbs.readResource({ uri: 'test://template/a%20b/data' });
    expect(contents).toEqual([{
      uri: 'test://template/a%20b/data', mimeType: 'application/json',
      text: JSON.stringify({ id: 'a b', templateTest: true, data: 'Data for ID: a b' }),
    }]);
  });

  it('is told that a resource does not exist', async () => {
    // client 2.4 turns the old code into an error of its own, with the new code.
    const code = door.name.startsWith('sdk') ? -32002 : -32602;
    await expect(peer.verbs.readResource({ uri: 'test://no-such-thing' })).rejects.toMatchObject({ code });
  });

  it('lists the prompts with their arguments and gets one filled in', async () => {
    const { prompts } = await peer.verbs.listPrompts();
    expect(prompts.find(({ name }) => name === 'test_prompt_with_arguments')?.arguments).toEqual([
      { name: 'arg1', required: true }, { name: 'arg2', required: true },
    ]);
    const { messages } = await peer.verbs.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'x', arg2: 'y' } });
    expect(messages).toEqual([{ role: 'user', content: { type: 'text', text: "Prompt with arguments: arg1='x', arg2='y'" } }]);
    await expect(peer.verbs.getPrompt({ name: 'test_prompt_with_arguments', arguments: { arg1: 'x' } })).rejects.toMatchObject({ code: -32602 });
    await expect(peer.verbs.getPrompt({ name: 'no_such_prompt' })).rejects.toMatchObject({ code: -32602 });
  });

  it('gets prompts with images and embedded resources', async () => {
    expect((await peer.verbs.getPrompt({ name: 'test_prompt_with_image' })).messages[0]?.content).toMatchObject({ type: 'image', mimeType: 'image/png' });
    const { messages } = await peer.verbs.getPrompt({ name: 'test_prompt_with_embedded_resource', arguments: { resourceUri: 'test://any' } });
    expect(messages[0]?.content).toMatchObject({ type: 'resource', resource: { uri: 'test://any' } });
  });

  it('has an argument completed', async () => {
    const ref = { type: 'ref/prompt', name: 'test_prompt_with_arguments' } as const;
    expect((await peer.verbs.complete({ ref, argument: { name: 'arg1', value: 'par' } })).completion).toMatchObject({ values: ['paris', 'park', 'party'] });
    expect((await peer.verbs.complete({ ref, argument: { name: 'arg2', value: 'par' } })).completion.values).toEqual([]);
    await expect(peer.verbs.complete({ ref: { ...ref, name: 'no_such_prompt' }, argument: { name: 'x', value: '' } })).rejects.toMatchObject({ code: -32602 });
  });

  it('is answered its ping where its revision knows one (R179)', async () => {
    const ping = peer.verbs.ping();
    if (door.era === 'session') expect(await ping).toEqual({});
    else await expect(ping).rejects.toThrow(/ping/);
  });

  it('has nothing to complain about', () => {
    expect(peer.complaints.items).toEqual([]);
  });
});

describe('a resource that does not exist', () => {
  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])('is −32002 on %s', async (revision) => {
    const session = await openSession(gatehouse.url, revision);
    const { last } = await session.post({ jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'test://no-such-thing' } });
    expect(last.error).toMatchObject({ code: -32002, data: { uri: 'test://no-such-thing' } });
  });

  it('is −32602 on 2026-07-28', async () => {
    const { last } = await postModern(gatehouse.url, 'resources/read', { uri: 'test://no-such-thing' });
    expect(last.error).toMatchObject({ code: -32602, data: { uri: 'test://no-such-thing' } });
  });
});
