/** Row D12 and the lists of every revision: stable order, cursors that cannot be forged, one print per content. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AccessPolicy } from '../../protocol/access.js';
import { anonymous } from '../../protocol/caller.js';
import { Fault } from '../../protocol/faults.js';
import type { JsonObject } from '../../protocol/message.js';
import { revisions, rulesOf, type Revision } from '../../protocol/revision.js';
import { Catalogue } from '../catalogue.js';
import { ChangeFeed } from '../change-feed.js';
import type { Schema } from '../schema.js';
import { Envelope } from './envelope.js';
import { Lists } from './lists.js';

type ListMethod = Parameters<Lists['page']>[0];

const page = z.looseObject({ tools: z.array(z.looseObject({ name: z.string() })).default([]), nextCursor: z.string().optional() });

/** Everybody may use everything. */
const everything: AccessPolicy = { uniform: true, permissionsOf: () => 'all', decide: () => ({ kind: 'allowed' }), onChange: () => undefined };

let feed: ChangeFeed;
let catalogue: Catalogue;

beforeEach(() => {
  feed = new ChangeFeed();
  catalogue = new Catalogue(feed);
});
afterEach(() => feed.onModuleDestroy());

function listsOf(pageSize = 3, secret = 'secret'): Lists {
  return new Lists(catalogue, everything, new Envelope({ name: 'gatehouse', version: '1' }, 1024 ** 2), { pageSize, ttlMs: 60_000, secret });
}

function offer(...names: string[]): void {
  for (const name of names) catalogue.addTool({ name }, () => 'ok');
}

function get(lists: Lists, method: ListMethod = 'tools/list', cursor?: string, revision: Revision = '2026-07-28'): Record<string, unknown> {
  return JSON.parse(lists.page(method, cursor === undefined ? {} : { cursor }, anonymous, rulesOf(revision)).toString());
}

function names(lists: Lists, cursor?: string): [names: string[], next: string | undefined] {
  const { tools, nextCursor } = page.parse(get(lists, 'tools/list', cursor));
  return [tools.map(({ name }) => name), nextCursor];
}

/** Reads to the end; `between` may change the list after each page. */
function readAll(lists: Lists, between: (pages: number) => void = () => undefined): string[] {
  const read: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const [found, next] = names(lists, cursor);
    read.push(...found);
    cursor = next;
    between(++pages);
  } while (cursor !== undefined);
  return read;
}

function refusalOf(lists: Lists, cursor: unknown, method: ListMethod = 'tools/list'): string | undefined {
  try {
    lists.page(method, { cursor: JSON.parse(JSON.stringify(cursor)) }, anonymous, rulesOf('2026-07-28'));
    return undefined;
  } catch (error) {
    return error instanceof Fault ? error.fault : String(error);
  }
}

describe('the order is the same in every process (D12)', () => {
  it('does not depend on the order of registration', () => {
    offer('b', 'a', 'B', 'a_1', 'a-1', 'z', 'c');
    const first = readAll(listsOf());
    catalogue = new Catalogue(feed);
    offer('z', 'c', 'B', 'a-1', 'b', 'a_1', 'a');
    expect(readAll(listsOf())).toEqual(first);
    expect(first).toEqual(['B', 'a', 'a-1', 'a_1', 'b', 'c', 'z']);
  });

  it('gives byte-identical pages and cursors in two processes that share a secret', () => {
    offer('a', 'b', 'c', 'd');
    const rules = rulesOf('2025-11-25');
    expect(listsOf().page('tools/list', {}, anonymous, rules).equals(listsOf().page('tools/list', {}, anonymous, rules))).toBe(true);
  });
});

describe('a page is printed once for its content', () => {
  it('comes from memory the second time, with and without a cursor', () => {
    offer('a', 'b', 'c', 'd');
    const lists = listsOf();
    const rules = rulesOf('2026-07-28');
    const [, cursor = ''] = names(lists);
    expect(lists.page('tools/list', {}, anonymous, rules)).toBe(lists.page('tools/list', {}, anonymous, rules));
    expect(lists.page('tools/list', { cursor }, anonymous, rules)).toBe(lists.page('tools/list', { cursor }, anonymous, rules));
    const pages: JsonObject[] = [{}, { cursor }];
    const [first, second] = pages.map((params) => lists.page('tools/list', params, anonymous, rules));
    for (const [index, page] of [first, second].entries()) expect(lists.page('tools/list', pages[index] ?? {}, anonymous, rules)).toBe(page);
  });

  it('is forgotten when many others were asked for: memory is bounded (P4)', () => {
    offer(...Array.from({ length: 600 }, (_, index) => `t${index}`));
    const lists = listsOf(1);
    const first = lists.page('tools/list', {}, anonymous, rulesOf('2026-07-28'));
    readAll(lists);
    const again = lists.page('tools/list', {}, anonymous, rulesOf('2026-07-28'));
    expect(again === first).toBe(false);
    expect(again.equals(first)).toBe(true);
  });

  it.each<[ListMethod, string, () => unknown]>([
    ['tools/list', 'tools', () => catalogue.addTool({ name: 'new' }, () => '')], ['prompts/list', 'prompts', () => catalogue.addPrompt({ name: 'new' }, () => '')],
    ['resources/list', 'resources', () => catalogue.addResource({ name: 'new', uri: 'x://new' }, () => '')],
    ['resources/templates/list', 'resourceTemplates', () => catalogue.addResourceTemplate({ name: 'new', uriTemplate: 'x://{new}' }, () => '')],
  ])('of %s shows what was added since', (method, member, add) => {
    const lists = listsOf();
    expect(get(lists, method)).toMatchObject({ [member]: [] });
    add();
    expect(get(lists, method)).toMatchObject({ [member]: [{ name: 'new' }] });
  });

  it('is printed anew after the list or one of its entries changed', () => {
    const lists = listsOf();
    const added = catalogue.addTool({ name: 'a', title: 'Old' }, () => 'ok');
    expect(get(lists)).toMatchObject({ tools: [{ name: 'a', title: 'Old' }] });
    added.update({ title: 'New' });
    expect(get(lists)).toMatchObject({ tools: [{ name: 'a', title: 'New' }] });
    added.remove();
    expect(get(lists)).toMatchObject({ tools: [] });
  });

  it('stays right however many distinct pages were asked for', () => {
    offer(...Array.from({ length: 1200 }, (_, index) => `t${String(index).padStart(4, '0')}`));
    const lists = listsOf(1);
    expect(readAll(lists)).toHaveLength(1200);
    expect(names(lists)[0]).toEqual(['t0000']);
  });
});

describe('a cursor leads to the entry after the last one given', () => {
  it('reads every list to its end, each entry once, for any size of page', () => {
    const all = Array.from({ length: 10 }, (_, index) => `t${index}`);
    offer(...all);
    for (const size of [1, 2, 3, 9, 10, 11]) expect(readAll(listsOf(size))).toEqual(all);
  });

  it('neither repeats nor skips when the list changes between pages (D12)', () => {
    const kept = ['b', 'd', 'f', 'h', 'j'];
    fc.assert(fc.property(fc.array(fc.record({ after: fc.integer({ min: 1, max: 4 }), name: fc.constantFrom('a', 'c', 'e', 'g', 'i', 'k'), add: fc.boolean() })), (changes) => {
      catalogue = new Catalogue(feed);
      offer(...kept);
      const there = new Map<string, { remove(): void }>();
      const read = readAll(listsOf(2), (pages) => {
        for (const { after, name, add } of changes) {
          if (after !== pages) continue;
          if (add && !there.has(name)) there.set(name, catalogue.addTool({ name }, () => 'ok'));
          if (!add) {
            there.get(name)?.remove();
            there.delete(name);
          }
        }
      });
      expect(read.filter((name) => kept.includes(name))).toEqual(kept);
      expect(new Set(read).size).toBe(read.length);
      expect(read).toEqual(read.toSorted());
    }));
  });

  it('still leads on when the entry it names was removed', () => {
    const lists = listsOf(1);
    const first = catalogue.addTool({ name: 'a' }, () => 'ok');
    offer('b', 'c');
    const [, cursor] = names(lists);
    first.remove();
    expect(names(lists, cursor)[0]).toEqual(['b']);
  });

  it('is given with every page but the last', () => {
    offer('a', 'b', 'c', 'd', 'e', 'f');
    const [first, cursor] = names(listsOf());
    expect([first, typeof cursor]).toEqual([['a', 'b', 'c'], 'string']);
    expect(names(listsOf(), cursor)).toEqual([['d', 'e', 'f'], undefined]);
    expect(names(listsOf(6))[1]).toBeUndefined();
  });

  it('leads on after a deployment: one of another day is the same today (P12)', () => {
    offer('a', 'b');
    expect(names(listsOf(1))[1]).toBe('YQ.OyzqHc90QmmpytEr4t7vMw');
  });

  it('leads to no entry a second time when all from its own on were removed', () => {
    offer('a');
    const later = ['b', 'c', 'd'].map((name) => catalogue.addTool({ name }, () => 'ok'));
    const [, cursor] = names(listsOf());
    for (const tool of later) tool.remove();
    expect(names(listsOf(), cursor)).toEqual([[], undefined]);
  });

  it('leads to an empty last page when everything behind it was removed', () => {
    offer('a');
    const later = catalogue.addTool({ name: 'b' }, () => 'ok');
    const lists = listsOf(1);
    const [, cursor] = names(lists);
    later.remove();
    expect(names(lists, cursor)).toEqual([[], undefined]);
  });
});

describe('a cursor that was not given out is refused (D12)', () => {
  it.each([['a number', 1], ['null', null], ['an object', {}], ['an empty text', ''], ['a bare key', 'YQ'], ['a key with a short signature', 'YQ.AAAA'], ['a long text', 'a'.repeat(100_000)]])('refuses %s', (_, cursor) => {
    offer('a', 'b');
    expect(refusalOf(listsOf(1), cursor)).toBe('cursor_refused');
  });

  it.each(['', 'undefined', 'first'])('refuses %j also when the first page is in memory', (cursor) => {
    offer('a', 'b');
    const lists = listsOf(1);
    names(lists);
    expect(refusalOf(lists, cursor)).toBe('cursor_refused');
  });

  it('refuses one with any character changed', () => {
    offer('tool-a', 'tool-b');
    const lists = listsOf(1);
    const [, cursor = ''] = names(lists);
    fc.assert(fc.property(fc.nat(cursor.length - 1), fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.'), (at, character) => {
      fc.pre(cursor[at] !== character);
      expect(refusalOf(lists, cursor.slice(0, at) + character + cursor.slice(at + 1))).toBe('cursor_refused');
    }), { numRuns: 500 });
    expect(refusalOf(lists, cursor)).toBeUndefined();
  });

  it('refuses one of another list, and one that another secret signed', () => {
    offer('a', 'b');
    const [, cursor = ''] = names(listsOf(1));
    expect(refusalOf(listsOf(1), cursor, 'prompts/list')).toBe('cursor_refused');
    expect(refusalOf(listsOf(1, 'other'), cursor)).toBe('cursor_refused');
  });
});

describe('each revision reads what it knows', () => {
  const structured = revisions.filter((revision) => rulesOf(revision).structured);

  it('lists an output schema from 2025-06-18 on, and one that is no object only from 2026-07-28 on', () => {
    catalogue.addTool({ name: 'object', outputSchema: { type: 'object' } }, () => ({}));
    catalogue.addTool({ name: 'text', outputSchema: { type: 'string' } }, () => '');
    for (const revision of revisions) {
      const { tools } = page.parse(get(listsOf(), 'tools/list', undefined, revision));
      const listed = tools.filter((tool) => 'outputSchema' in tool).map(({ name }) => name);
      expect([revision, listed]).toEqual([revision, revision === '2026-07-28' ? ['object', 'text'] : structured.includes(revision) ? ['object'] : []]);
    }
  });

  it('adds the caching hints and the members of 2026-07-28 there alone', () => {
    for (const revision of revisions) {
      const { _meta, ...rest } = get(listsOf(), 'prompts/list', undefined, revision);
      expect(rest).toEqual(revision === '2026-07-28' ? { resultType: 'complete', prompts: [], ttlMs: 60_000, cacheScope: 'public' } : { prompts: [] });
      expect(_meta === undefined).toBe(revision !== '2026-07-28');
    }
  });

  it('publishes every described member, and the schema of the author verbatim', () => {
    const inputSchema = { type: 'object', 'x-own': [1], properties: { a: { type: 'string', 'x-mcp-header': 'A' } } };
    const described = { title: 'T', description: 'D', icons: [{ src: 'https://example.com/i.png' }], _meta: { own: 1 } };
    catalogue.addTool({ name: 't', ...described, inputSchema, annotations: { readOnlyHint: true } }, () => '');
    catalogue.addTool({ name: 'u' }, () => '');
    catalogue.addResource({ name: 'r', ...described, uri: 'x://r', mimeType: 'text/plain', size: 3, annotations: { priority: 1 } }, () => '');
    catalogue.addResourceTemplate({ name: 'f', ...described, uriTemplate: 'x://f/{id}', mimeType: 'text/plain' }, () => '');
    catalogue.addPrompt({ name: 'p', ...described, argsSchema: z.object({ a: z.string().meta({ title: 'A', description: 'An a' }), b: z.string().optional() }) }, () => '');
    catalogue.addPrompt({ name: 'q', arguments: [{ name: 'free' }] }, () => '');
    catalogue.addPrompt({ name: 's' }, () => '');
    const lists = listsOf();
    expect(get(lists)['tools']).toEqual([{ name: 't', ...described, inputSchema, annotations: { readOnlyHint: true } }, { name: 'u', inputSchema: { type: 'object', additionalProperties: false } }]);
    expect(get(lists, 'resources/list')['resources']).toEqual([{ uri: 'x://r', name: 'r', ...described, mimeType: 'text/plain', size: 3, annotations: { priority: 1 } }]);
    expect(get(lists, 'resources/templates/list')['resourceTemplates']).toEqual([{ uriTemplate: 'x://f/{id}', name: 'f', ...described, mimeType: 'text/plain' }]);
    expect(get(lists, 'prompts/list')['prompts']).toEqual([
      { name: 'p', ...described, arguments: [{ name: 'a', title: 'A', description: 'An a', required: true }, { name: 'b', required: false }] },
      { name: 'q', arguments: [{ name: 'free' }] },
      { name: 's', arguments: [] },
    ]);
  });

  it('lists the arguments of a prompt as far as its schema says something about them', () => {
    const printed = { type: 'object', properties: { a: true, b: { title: 7, description: null } }, required: 'ab' };
    const argsSchema: Schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }), jsonSchema: { input: () => printed, output: () => printed } } };
    catalogue.addPrompt({ name: 'p', argsSchema }, () => '');
    catalogue.addPrompt({ name: 'q', argsSchema: { type: 'object' } }, () => '');
    expect(get(listsOf(), 'prompts/list')['prompts']).toEqual([{ name: 'p', arguments: [{ name: 'a', required: false }, { name: 'b', required: false }] }, { name: 'q', arguments: [] }]);
  });
});
