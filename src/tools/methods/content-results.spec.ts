/** What resource, prompt and completion methods may return, and what becomes of it on each revision. */
import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../protocol/revision.js';
import { completionResult, promptResult, resourceResult } from './content-results.js';

const newest = rulesOf('2026-07-28');

describe('a resource method returns', () => {
  const uri = 'x://r';

  it.each<[string, unknown, object]>([
    ['text', 'hello', { uri, mimeType: 'text/plain', text: 'hello' }],
    ['no text', '', { uri, mimeType: 'text/plain', text: '' }],
    ['bytes', Buffer.from('hello'), { uri, mimeType: 'application/octet-stream', blob: 'aGVsbG8=' }],
    ['a window on bytes, and nothing beside it', new Uint8Array([9, 1, 2, 9]).subarray(1, 3), { uri, mimeType: 'application/octet-stream', blob: 'AQI=' }],
    ['a JSON value', { a: [1] }, { uri, mimeType: 'application/json', text: '{"a":[1]}' }],
    ['null', null, { uri, mimeType: 'application/json', text: 'null' }],
  ])('%s', (_, value, content) => {
    expect(resourceResult(value, uri, undefined)).toEqual({ contents: [content] });
    expect(resourceResult(value, uri, 'text/x-own')).toEqual({ contents: [{ ...content, mimeType: 'text/x-own' }] });
  });

  it('a whole result, which stays as it is', () => {
    const whole = { contents: [{ uri: 'x://other', text: 'a' }, { uri: 'x://r', blob: 'AA==' }], _meta: { own: 1 } };
    expect(resourceResult(whole, uri, 'text/plain')).toEqual(whole);
  });

  it('nothing, which is answered like a missing resource (P6)', () => {
    expect(() => resourceResult(undefined, uri, undefined)).toThrow(expect.objectContaining({ fault: 'resource_unknown', data: { uri } }));
  });

  it.each<[string, unknown, object]>([
    ['a BigInt', 1n, { cause: expect.any(TypeError) }], ['a function', () => 1, { detail: 'a function has no JSON' }], ['a symbol', Symbol('s'), { detail: 'a symbol has no JSON' }],
  ])('%s, which cannot be sent (D7), and the log says why', (_, value, why) => {
    expect(() => resourceResult(value, uri, undefined)).toThrow(expect.objectContaining({ fault: 'output_unusable', say: 'The result cannot be sent', ...why }));
  });

  it('a cycle, which cannot be sent (D7)', () => {
    const value: Record<string, unknown> = {};
    value['self'] = [value];
    expect(() => resourceResult(value, uri, undefined)).toThrow(expect.objectContaining({ fault: 'output_unusable' }));
  });
});

describe('a prompt method returns', () => {
  const message = { role: 'user', content: { type: 'text', text: 'Hi' } };

  it.each<[string, unknown, object]>([
    ['one text, said by the user', 'Hi', { description: 'About', messages: [message] }],
    ['a list of messages', [message, message], { description: 'About', messages: [message, message] }],
    ['no messages', [], { description: 'About', messages: [] }],
    ['a whole result, whose description wins', { description: 'Own', messages: [message], _meta: { own: 1 } }, { description: 'Own', messages: [message], _meta: { own: 1 } }],
  ])('%s', (_, value, members) => {
    expect(promptResult(value, 'About', newest)).toEqual(members);
  });

  it('no description where neither has one', () => {
    expect(promptResult('Hi', undefined, newest)).toEqual({ messages: [message] });
  });

  it.each<[string, unknown]>([['nothing', undefined], ['null', null], ['a number', 7], ['an object without messages', { text: 'Hi' }]])('%s, which is an error without a word of it (D7)', (_, value) => {
    expect(() => promptResult(value, undefined, newest)).toThrow(expect.objectContaining({ fault: 'output_unusable', say: 'The result cannot be sent', detail: 'a prompt returns text, messages or a GetPromptResult' }));
  });

  it.each<[string, unknown]>([['text', 'Hi'], ['nothing', undefined], ['null', null], ['a list', [{ type: 'audio' }]]])('content that is %s instead of a block, which is not ours to judge', (_, content) => {
    const messages = [{ role: 'user', content }];
    expect(promptResult(messages, undefined, rulesOf('2024-11-05'))).toEqual({ messages });
  });

  it('sounds and links, which older revisions read as what they know', () => {
    const [audio, link] = [{ type: 'audio', data: 'AA==', mimeType: 'audio/wav' }, { type: 'resource_link', uri: 'x://a', name: 'a' }];
    const messages = [{ role: 'user', content: audio }, { role: 'assistant', content: link }];
    expect(promptResult(messages, undefined, newest)).toEqual({ messages });
    expect(promptResult(messages, undefined, rulesOf('2025-03-26'))).toEqual({ messages: [messages[0], { role: 'assistant', content: { type: 'text', text: 'a: x://a' } }] });
    expect(promptResult(messages, undefined, rulesOf('2024-11-05'))).toMatchObject({ messages: [{ content: { type: 'resource', resource: { blob: 'AA==' } } }, {}] });
  });
});

describe('a completion method returns', () => {
  const values = Array.from({ length: 250 }, (_, index) => `v${index}`);

  it('a list, of which the first hundred are sent and the rest is counted', () => {
    expect(completionResult(['a', 'b'])).toEqual({ completion: { values: ['a', 'b'], total: 2, hasMore: false } });
    expect(completionResult(values)).toEqual({ completion: { values: values.slice(0, 100), total: 250, hasMore: true } });
  });

  it('exactly a hundred, which are all there are', () => {
    const hundred = values.slice(0, 100);
    expect(completionResult(hundred)).toEqual({ completion: { values: hundred, total: 100, hasMore: false } });
    expect(completionResult({ completion: { values: hundred } })).toEqual({ completion: { values: hundred } });
  });

  it.each<[string, unknown]>([['nothing', undefined], ['null', null], ['a text', 'a'], ['an object', {}]])('%s, which completes nothing', (_, value) => {
    expect(completionResult(value)).toEqual({ completion: { values: [], total: 0, hasMore: false } });
  });

  it('values that are no texts, which are left out', () => {
    expect(completionResult(['a', 1, null, 'b'])).toEqual({ completion: { values: ['a', 'b'], total: 2, hasMore: false } });
  });

  it('a whole result, kept except that it too has at most a hundred values', () => {
    const whole = { completion: { values: ['a'], total: 5000, hasMore: true }, _meta: { own: 1 } };
    for (const sent of [whole, { completion: { values: ['a'] } }, { completion: {} }]) expect(completionResult(sent)).toEqual(sent);
    expect(completionResult({ completion: { values } })).toEqual({ completion: { values: values.slice(0, 100), total: 250, hasMore: true } });
    expect(completionResult({ completion: { values, total: 9000 } })).toEqual({ completion: { values: values.slice(0, 100), total: 9000, hasMore: true } });
  });
});
