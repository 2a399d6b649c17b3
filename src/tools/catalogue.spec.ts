/** Registration at run time: what is offered, what is refused and why, and who is told. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Catalogue } from './catalogue.js';
import { ChangeFeed, type Change } from './change-feed.js';

let feed: ChangeFeed;
let catalogue: Catalogue;
let told: Change[];

beforeEach(() => {
  feed = new ChangeFeed();
  catalogue = new Catalogue(feed);
  told = [];
  feed.subscribe((change) => told.push(change));
});
afterEach(() => feed.onModuleDestroy());

const handler = (): string => 'ok';
const names = (): string[] => catalogue.tools.all().map(({ name }) => name);

describe('what is offered can be changed and removed', () => {
  it('is found and listed until it is removed', () => {
    const tool = catalogue.addTool({ name: 'b' }, handler);
    catalogue.addTool({ name: 'a' }, handler);
    expect(names()).toEqual(['a', 'b']);
    tool.remove();
    expect(names()).toEqual(['a']);
    expect(catalogue.tools.find('b')).toBeUndefined();
  });

  it('keeps its name and handler through an update', () => {
    const tool = catalogue.addTool({ name: 'a', title: 'Old', description: 'Stays' }, handler);
    tool.update({ name: 'other', title: 'New' });
    expect(catalogue.tools.find('a')).toMatchObject({ name: 'a', handler, options: { name: 'a', title: 'New', description: 'Stays' } });
    expect(catalogue.tools.find('other')).toBeUndefined();
  });

  it('keeps the URI of a resource and of a template through an update', () => {
    catalogue.addResource({ name: 'r', uri: 'x://r' }, handler).update({ uri: 'x://other', mimeType: 'text/plain' });
    catalogue.addResourceTemplate({ name: 't', uriTemplate: 'x://{id}' }, handler).update({ uriTemplate: 'y://{id}', title: 'T' });
    expect(catalogue.resources.find('x://r')?.options).toMatchObject({ uri: 'x://r', mimeType: 'text/plain' });
    expect(catalogue.findTemplate('x://1')?.entry.options).toMatchObject({ uriTemplate: 'x://{id}', title: 'T' });
    expect(catalogue.findTemplate('y://1')).toBeUndefined();
  });

  it('stays as it was when an update is refused, and takes the next good one', () => {
    const tool = catalogue.addTool({ name: 'a', inputSchema: { type: 'object' } }, handler);
    const before = catalogue.tools.find('a');
    expect(() => tool.update({ inputSchema: { type: 'string' } })).toThrow('Tool a is refused');
    expect(catalogue.tools.find('a')).toBe(before);
    tool.update({ title: 'New' });
    expect(catalogue.tools.find('a')?.options).toEqual({ name: 'a', inputSchema: { type: 'object' }, title: 'New' });
  });

  it('cannot be changed once removed; removing again does nothing, also not to a namesake', () => {
    const first = catalogue.addTool({ name: 'a' }, handler);
    first.remove();
    const second = catalogue.addTool({ name: 'a' }, handler);
    first.remove();
    expect(() => first.update({ title: 'x' })).toThrow('a is no longer offered');
    expect(names()).toEqual(['a']);
    second.remove();
    expect(names()).toEqual([]);
  });
});

describe('everyone who listens is told of a change, and of nothing else', () => {
  it('names the list that changed', () => {
    catalogue.addTool({ name: 'a' }, handler);
    catalogue.addPrompt({ name: 'a' }, handler);
    catalogue.addResource({ name: 'a', uri: 'x://a' }, handler);
    expect(told).toEqual([{ kind: 'tools' }, { kind: 'prompts' }, { kind: 'resources' }]);
  });

  it('tells of an updated resource by its URI', () => {
    catalogue.resourceUpdated('x://a');
    expect(told).toEqual([{ kind: 'resource', uri: 'x://a' }]);
  });

  it('is silent about a registration that is refused', () => {
    expect(() => catalogue.addTool({ name: '' }, handler)).toThrow('a name has 1 to 128');
    expect(told).toEqual([]);
  });
});

describe('what cannot be offered is refused with the reason', () => {
  it.each(['', 'a b', 'ä', 'a\n', 'a"', 'x'.repeat(129)])('refuses the tool name %j', (name) => {
    expect(() => catalogue.addTool({ name }, handler)).toThrow(`Tool ${name}: a name has 1 to 128 of A-Z a-z 0-9 _ - . /`);
  });

  it.each(['a', 'A-b_c.d/e9', 'x'.repeat(128)])('accepts the tool name %s', (name) => {
    catalogue.addTool({ name }, handler);
    expect(names()).toEqual([name]);
  });

  it('refuses a name, a URI and a template that are taken', () => {
    const offers = [
      () => catalogue.addTool({ name: 'a' }, handler), () => catalogue.addPrompt({ name: 'a' }, handler),
      () => catalogue.addResource({ name: 'a', uri: 'x://a' }, handler), () => catalogue.addResourceTemplate({ name: 'a', uriTemplate: 'x://{a}' }, handler),
    ];
    for (const offer of offers) {
      offer();
      expect(offer).toThrow('is offered twice');
    }
  });

  it.each<[string, () => unknown, string]>([
    ['input that is no object', () => catalogue.addTool({ name: 'a', inputSchema: { type: 'string' } }, handler), 'Tool a is refused: its inputSchema does not describe an object'],
    ['input without a type', () => catalogue.addTool({ name: 'a', inputSchema: {} }, handler), 'does not describe an object'],
    ['a remote input schema', () => catalogue.addTool({ name: 'a', inputSchema: { type: 'object', $ref: 'https://example.com' } }, handler), 'Tool a is refused: it refers to https://example.com'],
    ['a remote output schema', () => catalogue.addTool({ name: 'a', outputSchema: { $ref: 'https://example.com' } }, handler), 'Tool a is refused: it refers to https://example.com'],
    ['a mirrored parameter that cannot be a header', () => catalogue.addTool({ name: 'a', inputSchema: z.object({ n: z.number().meta({ 'x-mcp-header': 'N' }) }) }, handler), 'Tool a is refused: '],
    ['a prompt with an unprintable schema', () => catalogue.addPrompt({ name: 'a', argsSchema: z.object({ n: z.bigint() }) }, handler), 'Prompt a is refused: BigInt'],
    ['a relative URI', () => catalogue.addResource({ name: 'a', uri: 'a.txt' }, handler), 'Resource a: a.txt is not an absolute URI'],
    ['a template that cannot be read backwards', () => catalogue.addResourceTemplate({ name: 'a', uriTemplate: 'x://{a}{b}' }, handler), 'side by side'],
  ])('refuses %s', (_, offer, reason) => {
    expect(offer).toThrow(reason);
  });
});

describe('a URI finds its template, an argument its completion', () => {
  it('prefers the first template in order, the same in every process', () => {
    catalogue.addResourceTemplate({ name: 'wide', uriTemplate: 'x://{+all}' }, handler);
    catalogue.addResourceTemplate({ name: 'narrow', uriTemplate: 'x://a/{id}' }, handler);
    expect(catalogue.findTemplate('x://a/1')).toMatchObject({ entry: { name: 'narrow' }, variables: { id: '1' } });
    expect(catalogue.findTemplate('x://b/1')).toMatchObject({ entry: { name: 'wide' }, variables: { all: 'b/1' } });
    expect(catalogue.findTemplate('y://b/1')).toBeUndefined();
  });

  it('keeps completions of prompts and templates apart; the last registration holds', () => {
    const [first, second, third] = [() => ['1'], () => ['2'], () => ['3']];
    catalogue.addCompletion({ prompt: 'x', argument: 'a' }, first);
    catalogue.addCompletion({ uriTemplate: 'x', argument: 'a' }, second);
    catalogue.addCompletion({ prompt: 'x', argument: 'a' }, third);
    expect(catalogue.findCompletion({ prompt: 'x', argument: 'a' })?.handler).toBe(third);
    expect(catalogue.findCompletion({ uriTemplate: 'x', argument: 'a' })?.handler).toBe(second);
    expect(catalogue.findCompletion({ prompt: 'x', argument: 'b' })).toBeUndefined();
  });
});
