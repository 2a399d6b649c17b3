/** What a client answers is believed in nothing: only what the specification allows is handed to a tool. */
import { describe, expect, it } from 'vitest';
import { isRoots, isSamplingResult } from './replies.js';

const text = { type: 'text', text: 'Hello' };
const sampled = { role: 'assistant', model: 'a-model', content: text };

describe('the answer of a model', () => {
  it.each<[string, object]>([
    ['one block', sampled], ['several blocks', { ...sampled, content: [text, text] }], ['a reason to stop', { ...sampled, stopReason: 'endTurn' }],
    ['the words of a user', { ...sampled, role: 'user' }], ['members nobody knows yet', { ...sampled, future: 1, content: { ...text, future: 1 } }],
    ...['text', 'image', 'audio', 'tool_use', 'tool_result'].map((type): [string, object] => [`a block of type ${type}`, { ...sampled, content: { type } }]),
  ])('is usable with %s', (_, answer) => {
    expect(isSamplingResult(answer)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined], ['a text', 'Hello'], ['no role', { ...sampled, role: undefined }], ['a role there is not', { ...sampled, role: 'system' }], ['no model', { ...sampled, model: undefined }],
    ['a model that is no text', { ...sampled, model: 7 }], ['no content', { ...sampled, content: undefined }], ['content that is text', { ...sampled, content: 'Hello' }],
    ['a block without a type', { ...sampled, content: {} }], ['a block of a type there is not', { ...sampled, content: [text, { type: 'resource' }] }], ['a reason to stop that is no text', { ...sampled, stopReason: 1 }],
  ])('is malformed with %s', (_, answer) => {
    expect(isSamplingResult(answer)).toBe(false);
  });
});

describe('the roots of a client', () => {
  it.each<[string, unknown]>([['none', []], ['one with a name', [{ uri: 'file:///a', name: 'a' }]], ['one without', [{ uri: 'file:///a', future: 1 }]], ['a thousand', Array.from({ length: 1000 }, () => ({ uri: 'file:///a' }))]])('are usable: %s', (_, roots) => {
    expect(isRoots(roots)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined], ['an object', { uri: 'file:///a' }], ['a text', ['file:///a']], ['no URI', [{ name: 'a' }]], ['a name that is no text', [{ uri: 'file:///a', name: 7 }]],
    ['more than a thousand', Array.from({ length: 1001 }, () => ({ uri: 'file:///a' }))],
  ])('are malformed: %s', (_, roots) => {
    expect(isRoots(roots)).toBe(false);
  });
});
