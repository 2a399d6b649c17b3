/** The members each revision wants around a result, printed once and within a bound (D7, P4). */
import { describe, expect, it } from 'vitest';
import { metaKeys } from '../../protocol/meta-keys.js';
import { revisions, rulesOf } from '../../protocol/revision.js';
import { Envelope, type ResultMembers } from './envelope.js';

const info = { name: 'gatehouse', title: 'A "quoted" title', version: '1' };
const envelope = new Envelope(info, 1000);
const newest = rulesOf('2026-07-28');
const own = { [metaKeys.serverInfo]: info };

/** Parses, and finds a member that stands twice: `JSON.parse` would keep the last and say nothing. */
function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text);
  expect(text).toHaveLength(JSON.stringify(value).length);
  return value;
}

describe('a result is printed as its revision wants it', () => {
  it('has no member of ours before 2026-07-28', () => {
    for (const revision of revisions.filter((each) => rulesOf(each).era === 'session')) {
      expect(parsed(envelope.print(rulesOf(revision), { a: 1, _meta: { b: 2 } }, { ttlMs: 5, cacheScope: 'public' }))).toEqual({ a: 1, _meta: { b: 2 } });
      expect(envelope.print(rulesOf(revision), {})).toBe('{}');
    }
  });

  it.each<[string, ResultMembers, object]>([
    ['no members', {}, {}],
    ['members', { content: [], isError: true }, { content: [], isError: true }],
    ['a _meta of its own', { content: [], _meta: { mine: 1 } }, { content: [], _meta: { ...own, mine: 1 } }],
    ['an empty _meta', { _meta: {} }, {}],
    ['a _meta that is undefined', { _meta: undefined }, {}],
    ['the server as the author names it', { _meta: { [metaKeys.serverInfo]: { name: 'upstream', version: '2' } } }, { _meta: { [metaKeys.serverInfo]: { name: 'upstream', version: '2' } } }],
    ['the members of a result that was read elsewhere', { resultType: 'complete', content: [] }, { content: [] }],
    ['a result type that only we may set', { resultType: 'input_required', content: [] }, { content: [] }],
  ])('is complete on 2026-07-28, with %s', (_, members, expected) => {
    expect(parsed(envelope.print(newest, members))).toEqual({ resultType: 'complete', _meta: own, ...expected });
  });

  it('carries caching hints on 2026-07-28, with and without members and a _meta', () => {
    const hints = { ttlMs: 5, cacheScope: 'private' } as const;
    expect(parsed(envelope.print(newest, {}, hints))).toEqual({ resultType: 'complete', _meta: own, ...hints });
    expect(parsed(envelope.print(newest, { tools: [], _meta: { a: 1 } }, hints))).toEqual({ resultType: 'complete', _meta: { ...own, a: 1 }, tools: [], ...hints });
  });

  it('asks for input without caching hints', () => {
    const inputRequests = { name: { method: 'elicitation/create', params: {} } };
    expect(parsed(envelope.printRound(inputRequests, 'sealed'))).toEqual({ resultType: 'input_required', _meta: own, inputRequests, requestState: 'sealed' });
  });
});

describe('what cannot be sent is refused (D7)', () => {
  const cycle: ResultMembers = {};
  cycle['self'] = cycle;

  it.each<[string, ResultMembers]>([['a cycle', cycle], ['a BigInt', { a: 1n }]])('refuses %s on every revision', (_, members) => {
    for (const revision of revisions) {
      expect(() => envelope.print(rulesOf(revision), members)).toThrow(expect.objectContaining({ fault: 'output_unusable', say: 'The result cannot be sent', cause: expect.any(TypeError) }));
    }
  });

  it('sends a result that is as large as the limit, and tells the log how large one beyond it is', () => {
    const frame = '{"text":""}'.length;
    const sized = (length: number): string => envelope.print(rulesOf('2025-11-25'), { text: 'x'.repeat(length - frame) });
    expect(sized(1000)).toHaveLength(1000);
    expect(() => sized(1001)).toThrow(expect.objectContaining({ fault: 'output_unusable', detail: { length: 1001 } }));
  });

  it('refuses a result beyond the limit and says only that', () => {
    const large = { text: 'x'.repeat(1001) };
    for (const rules of [newest, rulesOf('2025-11-25')]) {
      expect(() => envelope.print(rules, large)).toThrow(expect.objectContaining({ fault: 'output_unusable', say: 'The result is larger than this server sends' }));
    }
    expect(() => envelope.print(newest, { ...large, _meta: {} })).toThrow('larger');
    expect(() => envelope.printRound(large, 'sealed')).toThrow('larger');
  });
});
