/** What a call may ask for and how it ends, below every transport (promises P1 and P2; rows A22, D7 and D8). */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { DispatcherBench, info, limits, refused, stranger, vault } from '../../test/support/dispatcher.js';
import { Cancellation } from '../protocol/cancellation.js';
import { fault } from '../protocol/faults.js';
import type { JsonObject } from '../protocol/message.js';
import { revisions, supportedRevisions } from '../protocol/revision.js';
import type { Catalogue } from './catalogue.js';

let bench: DispatcherBench;
let catalogue: Catalogue;

beforeEach(() => {
  bench = new DispatcherBench();
  ({ catalogue } = bench);
});
afterEach(() => {
  bench.close();
  vi.useRealTimers();
});

const text = (value: string): object => ({ content: [{ type: 'text', text: value }] });

describe('a server says what it is', () => {
  it('in a handshake, with its instructions where it has some', () => {
    const capabilities = { tools: { listChanged: true }, prompts: { listChanged: true }, resources: { subscribe: true, listChanged: true }, completions: {}, logging: {} };
    expect(bench.dispatcher.describe()).toEqual({ capabilities, serverInfo: info });
    expect(Object.keys(bench.dispatcher.describe())).not.toContain('instructions');
    expect(new DispatcherBench({ instructions: 'Be kind' }).dispatcher.describe()).toEqual({ capabilities, serverInfo: info, instructions: 'Be kind' });
  });

  it('to whoever discovers it on 2026-07-28, with every revision it speaks', async () => {
    const { capabilities } = bench.dispatcher.describe();
    const about = { supportedVersions: supportedRevisions, capabilities, ttlMs: 60_000, cacheScope: 'public' };
    expect(await bench.endOf('server/discover')).toEqual(about);
    expect(await new DispatcherBench({ instructions: 'Be kind' }).endOf('server/discover')).toEqual({ ...about, instructions: 'Be kind' });
  });

  it.each(['server/discover', 'subscriptions/listen', 'tools/remove', '', 'constructor'])('knows no method %j where its revision has none (A22)', async (method) => {
    expect(await bench.endOf(method, { notifications: {} }, { revision: '2025-11-25' })).toEqual(refused(-32601, 'Method not found'));
  });
});

describe('each list is answered with what its caller may see', () => {
  it.each([['tools/list', 'tools'], ['resources/list', 'resources'], ['resources/templates/list', 'resourceTemplates'], ['prompts/list', 'prompts']])('%s', async (method, member) => {
    catalogue.addTool(vault, () => '');
    catalogue.addResource({ ...vault, uri: 'x://vault' }, () => '');
    catalogue.addResourceTemplate({ ...vault, uriTemplate: 'x://vault/{id}' }, () => '');
    catalogue.addPrompt(vault, () => '');
    for (const revision of revisions) {
      expect(await bench.endOf(method, {}, { revision })).toMatchObject({ [member]: [{ name: 'vault' }] });
      expect(await bench.endOf(method, {}, { revision, caller: stranger })).toMatchObject({ [member]: [] });
    }
    expect(await bench.endOf(method)).toMatchObject({ cacheScope: 'private' });
    expect(await new DispatcherBench({ uniform: true }).endOf(method)).toMatchObject({ cacheScope: 'public' });
    expect(await bench.endOf(method, { cursor: 'forged' })).toEqual(refused(-32602, 'The cursor is not valid'));
  });
});

describe('a tool is called with what its schema made of the arguments', () => {
  it('and its value is the result', async () => {
    const inputSchema = z.object({ a: z.number(), b: z.number().default(2) });
    catalogue.addTool({ name: 'add', inputSchema }, ({ a, b }) => Number(a) + Number(b));
    for (const revision of revisions) expect(await bench.endOf('tools/call', { name: 'add', arguments: { a: 1 } }, { revision })).toEqual(text('3'));
  });

  it('and an empty object where there are none', async () => {
    catalogue.addTool({ name: 'echo' }, (args) => args);
    expect(await bench.endOf('tools/call', { name: 'echo' })).toEqual(text('{}'));
    expect(await bench.endOf('tools/call', { name: 'echo', arguments: { free: 1 } })).toEqual(text('{"free":1}'));
  });

  it.each([['a number', () => 7], ['nothing', () => undefined], ['null', () => null]])('but with the arguments themselves where it made %s of them', async (_, made) => {
    catalogue.addTool({ name: 'echo', inputSchema: z.object({ a: z.number() }).transform(made) }, (args) => args);
    expect(await bench.endOf('tools/call', { name: 'echo', arguments: { a: 1 } })).toEqual(text('{"a":1}'));
  });

  it.each([
    ['a name that is no text', { name: 7 }, 'params.name must be a string'], ['no name', {}, 'params.name must be a string'],
    ['arguments that are no object', { name: 'echo', arguments: [1] }, 'params.arguments must be an object'],
    ['arguments that are null', { name: 'echo', arguments: null }, 'params.arguments must be an object'],
    ['a tool nobody offers', { name: 'gone' }, 'Unknown tool: gone'],
    ['a tool of a long name, of which little is repeated', { name: 'x'.repeat(1000) }, `Unknown tool: ${'x'.repeat(128)}`],
  ])('but not with %s', async (_, params, message) => {
    catalogue.addTool({ name: 'echo' }, (args) => args);
    for (const revision of ['2025-06-18', '2026-07-28'] as const) expect(await bench.endOf('tools/call', params, { revision })).toEqual(refused(-32602, message));
  });

  it.each([
    ['at once', { type: 'object', properties: { a: { type: 'number' } } }, 'a: must be number'],
    ['after a while', z.object({ a: z.unknown().refine(async () => false, 'is taken') }), 'a: is taken'],
  ])('and told to a model where its schema refuses them %s, from 2025-11-25 on', async (_, inputSchema, reason) => {
    const handler = vi.fn<() => string>(() => 'ran');
    catalogue.addTool({ name: 'add', inputSchema }, handler);
    for (const revision of revisions) {
      const told = await bench.endOf('tools/call', { name: 'add', arguments: { a: 'x' } }, { revision });
      const asResult = revision >= '2025-11-25';
      expect(told).toEqual(asResult ? { ...text(`Invalid arguments: ${reason}`), isError: true } : refused(-32602, `Invalid arguments: ${reason}`));
    }
    expect(handler).not.toHaveBeenCalled();
  });
});

describe('a tool that fails is one answer (P1, D7)', () => {
  const thrown = (error: unknown): Promise<JsonObject> => {
    catalogue.addTool({ name: 'book' }, async () => {
      throw error;
    });
    return bench.endOf('tools/call', { name: 'book' }, { revision: '2025-11-25' });
  };

  it('which its model can read, without a word of what only the log may say', async () => {
    expect(await thrown(new Error('password=hunter2'))).toEqual({ ...text('book failed (reference ref-1)'), isError: true });
  });

  it('of the protocol, where it is a failure of the protocol', async () => {
    expect(await thrown(fault('storage_unavailable'))).toEqual(refused(1503, 'A part of this server is away; try again'));
  });

  it('also where what it returned cannot be sent', async () => {
    catalogue.addTool({ name: 'big' }, () => 'x'.repeat(limits.maxResultBytes + 1));
    expect(await bench.endOf('tools/call', { name: 'big' })).toEqual(refused(-32603, 'The result is larger than this server sends'));
    catalogue.addTool({ name: 'wrong', outputSchema: { type: 'object' } }, () => 7);
    expect(await bench.endOf('tools/call', { name: 'wrong' })).toEqual(refused(-32603, 'The result does not match its own schema and was withheld'));
  });

  it('which tells of a client that answered wrongly: to the model with a session, to the client without', async () => {
    catalogue.addTool({ name: 'look' }, async (_, context) => context.roots());
    expect(await bench.endOf('tools/call', { name: 'look' }, { revision: '2025-11-25', reply: { roots: 7 } })).toEqual({ ...text("The client's answer to roots/list is malformed"), isError: true });
    catalogue.addTool({ name: 'relay' }, () => Promise.reject(fault('client_failed')));
    expect(await bench.endOf('tools/call', { name: 'relay' })).toEqual(refused(1502, 'The client answered a question of the server with an error'));
  });

  it('that it was cancelled, which is not a result (P2)', async () => {
    const cancellation = new Cancellation();
    catalogue.addTool({ name: 'hang' }, () => {
      cancellation.cancel('caller');
      return new Promise(() => undefined);
    });
    expect(await bench.endOf('tools/call', { name: 'hang' }, { cancellation })).toEqual(refused(1499, 'The call was cancelled'));
  });
});

describe('a handler has its time (D8)', () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  it.each([['the time of the server', {}, 1000], ['a time of its own', { timeoutMs: 20 }, 20], ['more time than others', { timeoutMs: 3000 }, 3000]])('a tool: %s', async (_, own, timeoutMs) => {
    vi.useFakeTimers();
    catalogue.addTool({ name: 'hang', ...own }, never);
    const ended = vi.fn<(end: JsonObject) => void>();
    const ending = bench.endOf('tools/call', { name: 'hang' }).then(ended);
    await vi.advanceTimersByTimeAsync(timeoutMs - 1);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await ending;
    expect(ended).toHaveBeenCalledWith({ ...text(`hang did not finish within ${timeoutMs / 1000} s`), isError: true });
  });

  it.each([['resources/read', { uri: 'x://hang' }], ['prompts/get', { name: 'hang' }], ['completion/complete', { ref: { type: 'ref/prompt', name: 'hang' }, argument: { name: 'a', value: '' } }]])('%s: the time of the server', async (method, params) => {
    vi.useFakeTimers();
    catalogue.addResource({ name: 'hang', uri: 'x://hang' }, never);
    catalogue.addPrompt({ name: 'hang' }, never);
    catalogue.addCompletion({ prompt: 'hang', argument: 'a' }, never);
    const ended = vi.fn<(end: JsonObject) => void>();
    const ending = bench.endOf(method, params).then(ended);
    await vi.advanceTimersByTimeAsync(999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await ending;
    expect(ended).toHaveBeenCalledWith(refused(1504, 'The call did not finish in time'));
  });
});

describe('a resource is read', () => {
  it('by its own URI before any template, and may be kept by nobody else', async () => {
    catalogue.addResource({ name: 'one', uri: 'x://one', mimeType: 'text/x-one' }, (uri) => `one at ${uri.href}`);
    catalogue.addResourceTemplate({ name: 'any', uriTemplate: 'x://{id}', mimeType: 'text/x-any' }, (uri, { id }) => `${id} at ${uri.href}`);
    const contents = (uri: string, mimeType: string, said: string): object => ({ contents: [{ uri, mimeType, text: said }], ttlMs: 0, cacheScope: 'private' });
    expect(await bench.endOf('resources/read', { uri: 'x://one' })).toEqual(contents('x://one', 'text/x-one', 'one at x://one'));
    expect(await bench.endOf('resources/read', { uri: 'x://two' })).toEqual(contents('x://two', 'text/x-any', 'two at x://two'));
  });

  it.each([
    ['a URI that is no text', { uri: 7 }, refused(-32602, 'params.uri must be a string')],
    ['a URI that is none', { uri: 'two words' }, refused(-32602, 'Resource not found', { uri: 'two words' })],
    ['a URI that nothing makes', { uri: 'x://nowhere' }, refused(-32602, 'Resource not found', { uri: 'x://nowhere' })],
  ])('but not by %s', async (_, params, told) => {
    catalogue.addResourceTemplate({ name: 'words', uriTemplate: 'two {word}' }, () => 'never reached');
    expect(await bench.endOf('resources/read', params)).toEqual(told);
  });

  it('and a failure of it is an error of the protocol', async () => {
    catalogue.addResource({ name: 'broken', uri: 'x://broken' }, () => Promise.reject(new Error('password=hunter2')));
    expect(await bench.endOf('resources/read', { uri: 'x://broken' })).toEqual(refused(-32603, 'Internal error', { reference: 'ref-1' }));
  });
});

describe('a prompt is made', () => {
  const said = (value: string): object => ({ messages: [{ role: 'user', content: { type: 'text', text: value } }] });

  it('of what its schema made of the arguments, under its description', async () => {
    catalogue.addPrompt({ name: 'greet', description: 'Greets', argsSchema: z.object({ who: z.string().default('you') }) }, ({ who }) => `Hello ${who}`);
    expect(await bench.endOf('prompts/get', { name: 'greet' })).toEqual({ description: 'Greets', ...said('Hello you') });
    expect(await bench.endOf('prompts/get', { name: 'greet', arguments: { who: 'Ada' } })).toEqual({ description: 'Greets', ...said('Hello Ada') });
  });

  it.each([
    ['a name that is no text', { name: 7 }, 'params.name must be a string'], ['arguments that are a list', { name: 'greet', arguments: [] }, 'params.arguments must be an object'],
    ['arguments its schema refuses', { name: 'greet', arguments: { who: 7 } }, 'Invalid arguments: who: must be string'],
    ['a name nobody offers', { name: 'gone' }, 'Unknown prompt: gone'], ['a long one, of which little is repeated', { name: 'x'.repeat(1000) }, `Unknown prompt: ${'x'.repeat(128)}`],
  ])('but not of %s', async (_, params, message) => {
    catalogue.addPrompt({ name: 'greet', argsSchema: { type: 'object', properties: { who: { type: 'string' } } } }, () => 'made');
    for (const revision of ['2025-11-25', '2026-07-28'] as const) expect(await bench.endOf('prompts/get', params, { revision })).toEqual(refused(-32602, message));
  });
});

describe('an argument is completed', () => {
  const argument = { name: 'city', value: 'Ber' };
  const prompt = { type: 'ref/prompt', name: 'visit' };
  const found = (...values: string[]): object => ({ completion: { values, total: values.length, hasMore: false } });

  beforeEach(() => {
    catalogue.addPrompt({ name: 'visit' }, () => '');
    catalogue.addResource({ name: 'map', uri: 'x://map' }, () => '');
    catalogue.addResourceTemplate({ name: 'maps', uriTemplate: 'x://{city}' }, () => '');
  });

  it.each([['a prompt', prompt, { prompt: 'visit' }], ['a template', { type: 'ref/resource', uri: 'x://{city}' }, { uriTemplate: 'x://{city}' }], ['a resource', { type: 'ref/resource', uri: 'x://map' }, { uriTemplate: 'x://map' }]])('of %s, by what was typed and what is known', async (_, ref, target) => {
    catalogue.addCompletion({ ...target, argument: 'city' }, (value, others) => [value, JSON.stringify(others)]);
    const context = { arguments: { country: 'DE', year: 2026, free: true } };
    expect(await bench.endOf('completion/complete', { ref, argument, context })).toEqual(found('Ber', '{"country":"DE"}'));
    expect(await bench.endOf('completion/complete', { ref, argument })).toEqual(found('Ber', '{}'));
  });

  it('with nothing where nobody completes it', async () => {
    expect(await bench.endOf('completion/complete', { ref: prompt, argument })).toEqual(found());
  });

  it.each<[string, JsonObject]>([
    ['no argument', { ref: prompt }], ['no name', { ref: prompt, argument: { value: '' } }], ['no value', { ref: prompt, argument: { name: 'city' } }],
  ])('but not with %s', async (_, params) => {
    expect(await bench.endOf('completion/complete', params)).toEqual(refused(-32602, 'params.argument needs a name and a value'));
  });

  it.each<[string, JsonObject]>([
    ['nothing', { argument }], ['a tool', { ref: { type: 'ref/tool', name: 'visit', uri: 'x://map' }, argument }],
    ['a prompt without a name', { ref: { type: 'ref/prompt', uri: 'x://map' }, argument }], ['a resource without a URI', { ref: { type: 'ref/resource', name: 'visit' }, argument }],
  ])('but not of %s', async (_, params) => {
    expect(await bench.endOf('completion/complete', params)).toEqual(refused(-32602, 'params.ref must name a prompt or a resource template'));
  });

  it('but not of what nobody offers', async () => {
    expect(await bench.endOf('completion/complete', { ref: { type: 'ref/prompt', name: 'x'.repeat(1000) }, argument })).toEqual(refused(-32602, `Unknown prompt: ${'x'.repeat(128)}`));
    expect(await bench.endOf('completion/complete', { ref: { type: 'ref/resource', uri: 'y://gone' }, argument })).toEqual(refused(-32602, 'Resource not found', { uri: 'y://gone' }));
  });
});

