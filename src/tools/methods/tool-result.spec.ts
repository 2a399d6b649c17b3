/** Rows D7 and D14: whatever a tool returns becomes a result that its revision knows, or is withheld. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Fault } from '../../protocol/faults.js';
import { rulesOf, type Revision } from '../../protocol/revision.js';
import { Catalogue, type ToolEntry } from '../catalogue.js';
import { ChangeFeed } from '../change-feed.js';
import type { ToolOptions } from '../decorators.js';
import type { ResultMembers } from './envelope.js';
import { toolFailure, toolResult } from './tool-result.js';

const MAX_BYTES = 1000;

function entryOf(options: ToolOptions = {}): ToolEntry {
  const catalogue = new Catalogue(new ChangeFeed());
  catalogue.addTool({ name: 'tool', ...options }, () => undefined);
  const entry = catalogue.tools.find('tool');
  if (!entry) throw new Error('not offered');
  return entry;
}

function result(value: unknown, options: ToolOptions = {}, revision: Revision = '2026-07-28'): Promise<ResultMembers> {
  return toolResult(entryOf(options), value, rulesOf(revision), MAX_BYTES);
}

async function refusal(value: unknown, options?: ToolOptions): Promise<Pick<Fault, 'fault' | 'say' | 'detail'>> {
  return result(value, options).then((members) => expect.unreachable(`sent: ${JSON.stringify(members)}`), (error: Fault) => error);
}

function cycle(): object {
  const value: Record<string, unknown> = {};
  value['self'] = value;
  return value;
}

const text = (value: string): object => ({ content: [{ type: 'text', text: value }] });

describe('a value without an output schema becomes text', () => {
  it.each([
    ['a string', 'plain', text('plain')],
    ['an empty string', '', text('')],
    ['an object', { a: 1 }, text('{"a":1}')],
    ['an array', [1, 'two'], text('[1,"two"]')],
    ['a number', 0, text('0')],
    ['a boolean', false, text('false')],
    ['a date', new Date(0), text('"1970-01-01T00:00:00.000Z"')],
    ['a function, which JSON cannot say', () => 1, text('null')],
    ['nothing', undefined, { content: [] }],
    ['null', null, { content: [] }],
    ['an object that only resembles a result', { content: 'text' }, text('{"content":"text"}')],
    ['a list of which one is no content', { content: [{ type: 'text', text: 'a' }, { no: 'type' }] }, text('{"content":[{"type":"text","text":"a"},{"no":"type"}]}')],
    ['an object with a list that is no content', { content: [{ no: 'type' }] }, text('{"content":[{"no":"type"}]}')],
  ])('%s', async (_, value, members) => {
    expect(await result(value)).toEqual(members);
  });

  it('leaves a whole CallToolResult as it is', async () => {
    const whole = { content: [{ type: 'text', text: 'a' }, { type: 'image', data: 'AA==', mimeType: 'image/png' }], _meta: { own: 1 }, isError: false };
    expect(await result(whole)).toEqual(whole);
  });
});

describe('a value with an output schema becomes structured content and text (specification, "Structured Content")', () => {
  const outputSchema = { type: 'object', properties: { sum: { type: 'number' } }, required: ['sum'], additionalProperties: false };

  it('sends both', async () => {
    expect(await result({ sum: 3 }, { outputSchema })).toEqual({ ...text('{"sum":3}'), structuredContent: { sum: 3 } });
  });

  it('takes both from a whole CallToolResult', async () => {
    const whole = { ...text('three'), structuredContent: { sum: 3 } };
    expect(await result(whole, { outputSchema })).toEqual(whole);
  });

  it.each([
    ['a wrong member', { sum: '3' }, 'sum: must be number'],
    ['a member too many', { sum: 3, secret: 'x' }, 'secret: is not a known member'],
    ['nothing', undefined, 'must be object'],
    ['a text', 'three', 'must be object'],
    ['a whole result without structured content', text('three'), 'must be object'],
    ['a whole result with wrong structured content', { ...text('three'), structuredContent: {} }, 'sum: is required'],
  ])('withholds %s and keeps the reason for the log (D14)', async (_, value, reason) => {
    const raised = await refusal(value, { outputSchema });
    expect(raised).toMatchObject({ fault: 'output_invalid', say: 'The result does not match its own schema and was withheld', detail: { tool: 'tool', reason } });
    expect(raised.say).not.toContain('secret');
  });

  it('does not hold an error against the schema', async () => {
    expect(await result({ ...text('failed'), isError: true }, { outputSchema })).toEqual({ ...text('failed'), isError: true });
  });

  it('sends what the schema made of the value, and no member that clients would refuse (D14)', async () => {
    const schema = z.object({ sum: z.number(), unit: z.string().default('EUR') });
    const sent = { sum: 3, unit: 'EUR' };
    expect(await result({ sum: 3, secret: 'x' }, { outputSchema: schema })).toEqual({ ...text(JSON.stringify(sent)), structuredContent: sent });
    expect(await result({ ...text('three'), structuredContent: { sum: 3, secret: 'x' } }, { outputSchema: schema })).toEqual({ ...text('three'), structuredContent: sent });
  });

  it.each<[string, unknown, ToolOptions]>([
    ['an array', [1, 2], { outputSchema: { type: 'array', items: { type: 'number' } } }],
    ['a number', 7, { outputSchema: { type: 'number' } }],
    ['null', null, { outputSchema: { type: 'null' } }],
    ['a string', 'seven', { outputSchema: { type: 'string' } }],
  ])('sends %s as it is on 2026-07-28, and as text alone before', async (_, value, options) => {
    expect(await result(value, options)).toEqual({ ...text(JSON.stringify(value)), structuredContent: value });
    expect(await result(value, options, '2025-11-25')).toEqual(text(JSON.stringify(value)));
  });

  it('sends an object as text alone before 2025-06-18', async () => {
    expect(await result({ sum: 3 }, { outputSchema }, '2025-06-18')).toHaveProperty('structuredContent');
    expect(await result({ sum: 3 }, { outputSchema }, '2025-03-26')).toEqual(text('{"sum":3}'));
  });
});

describe('a value that cannot be sent is an error without a word of it (D7)', () => {
  const trap = {
    toJSON(): never {
      throw new Error('secret');
    },
  };

  it.each([['a cycle', cycle()], ['a BigInt', 1n], ['a BigInt deep inside', { a: [{ b: 1n }] }], ['an object that throws when printed', trap]])('refuses %s', async (_, value) => {
    expect(await refusal(value)).toMatchObject({ fault: 'output_unusable', say: 'The result cannot be sent', cause: expect.any(Error) });
    expect(await refusal(value, { outputSchema: {} })).toMatchObject({ fault: 'output_unusable', say: 'The result cannot be sent' });
  });

  it('refuses a text beyond the limit before it is printed', async () => {
    expect(await result('x'.repeat(MAX_BYTES))).toHaveProperty('content');
    expect(await refusal('x'.repeat(MAX_BYTES + 1))).toMatchObject({ fault: 'output_unusable', say: 'The result is larger than this server sends' });
  });
});

describe('content blocks are projected onto what a revision knows', () => {
  const audio = { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' };
  const link = { type: 'resource_link', uri: 'x://a', name: 'a', title: 'An A' };
  const whole = { content: [{ type: 'text', text: 't' }, audio, link] };

  it.each<[Revision, object[]]>([
    ['2024-10-07', [{ type: 'text', text: 't' }, { type: 'resource', resource: { uri: 'audio:inline', mimeType: 'audio/wav', blob: 'AAAA' } }, { type: 'text', text: 'An A: x://a' }]],
    ['2024-11-05', [{ type: 'text', text: 't' }, { type: 'resource', resource: { uri: 'audio:inline', mimeType: 'audio/wav', blob: 'AAAA' } }, { type: 'text', text: 'An A: x://a' }]],
    ['2025-03-26', [{ type: 'text', text: 't' }, audio, { type: 'text', text: 'An A: x://a' }]],
    ['2025-06-18', whole.content],
    ['2025-11-25', whole.content],
    ['2026-07-28', whole.content],
  ])('on %s', async (revision, content) => {
    expect(await result(whole, {}, revision)).toEqual({ content });
  });

  it('leaves out the type of a sound that has none', async () => {
    const { content } = await result({ content: [{ type: 'audio', data: 'AAAA' }] }, {}, '2024-11-05');
    expect(content).toEqual([{ type: 'resource', resource: { uri: 'audio:inline', blob: 'AAAA' } }]);
  });

  it.each<[string, object, object]>([
    ['a sound without data', { type: 'audio' }, { type: 'resource', resource: { uri: 'audio:inline', blob: '' } }],
    ['a link without a title', { type: 'resource_link', uri: 'x://a', name: 'a' }, { type: 'text', text: 'a: x://a' }],
    ['a link without a name', { type: 'resource_link', uri: 'x://a' }, { type: 'text', text: 'Resource: x://a' }],
  ])('makes the best of %s', async (_, block, projected) => {
    expect(await result({ content: [block] }, {}, '2024-11-05')).toEqual({ content: [projected] });
  });
});

describe('a failed call', () => {
  it('is a result that a model can read', () => {
    expect(toolFailure('It failed')).toEqual({ ...text('It failed'), isError: true });
  });
});
