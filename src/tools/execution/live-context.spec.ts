/** The context a handler receives: what the caller asked for is sent, what the client cannot do is refused. */
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { anonymous } from '../../protocol/caller.js';
import { Cancellation } from '../../protocol/cancellation.js';
import type { JsonObject, Outbound } from '../../protocol/message.js';
import { revisions, rulesOf, type Revision } from '../../protocol/revision.js';
import type { ClientCapabilities, LoggingLevel } from '../../protocol/wire.js';
import type { ToolContext } from '../context.js';
import { loggingLevels } from '../logging-level.js';
import type { Schema } from '../schema.js';
import type { Interaction, Question } from './interaction.js';
import { LiveContext } from './live-context.js';
import { Outbox } from './outbox.js';
import { Run } from './run.js';

interface Given {
  revision?: Revision;
  capabilities?: ClientCapabilities;
  logLevel?: LoggingLevel;
  params?: JsonObject;
  reply?: JsonObject;
}

/** A context whose questions are answered with `reply`. */
function contextOf({ revision = '2025-11-25', capabilities = {}, logLevel, params = {}, reply = {} }: Given = {}): {
  context: ToolContext; asked: Question<unknown>[]; run: Run; sent: () => Promise<Outbound[]>;
} {
  const outbox = new Outbox();
  const asked: Question<unknown>[] = [];
  const interaction: Interaction = {
    async ask<T>(question: Question<T>): Promise<T> {
      asked.push(question);
      const answer = await question.read(reply);
      if (answer === undefined) throw new Error('malformed');
      return answer;
    },
    step: async (_name, work) => work(),
  };
  const run = new Run(new Cancellation(), 1000);
  const circumstances = { caller: anonymous, client: { info: undefined, capabilities }, rules: rulesOf(revision), transport: 'sse', logLevel } as const;
  return {
    asked, run,
    context: new LiveContext(circumstances, params, outbox, run, interaction, { now: () => 5000 }),
    sent: async () => {
      outbox.finish({ kind: 'result', json: '' });
      const messages: Outbound[] = [];
      for await (const message of outbox) messages.push(message);
      return messages.slice(0, -1);
    },
  };
}

const form = { key: 'name', message: 'Who?', schema: z.object({ name: z.string() }) };

describe('progress', () => {
  const token = { _meta: { progressToken: 'p' } };

  it('is sent only where the caller asked for it', async () => {
    const silent: JsonObject[] = [{}, { _meta: {} }, { _meta: { progressToken: null } }, { _meta: 'p' }];
    for (const params of silent) {
      const { context, sent } = contextOf({ params });
      context.progress(1);
      expect(await sent()).toEqual([]);
    }
  });

  it('only grows, and only by numbers', async () => {
    const { context, sent } = contextOf({ params: token });
    for (const progress of [1, 1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2]) context.progress(progress, Number.NaN);
    expect(await sent()).toEqual([1, 2].map((progress) => ({ kind: 'notification', method: 'notifications/progress', params: { progressToken: 'p', progress } })));
  });

  it('carries a message from 2025-03-26 on', async () => {
    for (const revision of revisions) {
      const { context, sent } = contextOf({ revision, params: { _meta: { progressToken: 7 } } });
      context.progress(1, 4, 'a quarter');
      const message = revision < '2025-03-26' ? {} : { message: 'a quarter' };
      expect(await sent()).toEqual([{ kind: 'notification', method: 'notifications/progress', params: { progressToken: 7, progress: 1, total: 4, ...message } }]);
    }
  });
});

describe('a log message', () => {
  it('is sent from the level the caller wants to hear of', async () => {
    const { context, sent } = contextOf({ logLevel: 'warning' });
    for (const level of loggingLevels) context.log(level, level, 'audit');
    expect(await sent()).toMatchObject(['warning', 'error', 'critical', 'alert', 'emergency'].map((level) => ({ kind: 'notification', method: 'notifications/message', params: { level, data: level, logger: 'audit' } })));
    const silent = contextOf();
    silent.context.log('emergency', 'x');
    expect(await silent.sent()).toEqual([]);
  });

  it.each<[string, unknown, unknown]>([['undefined', undefined, null], ['a BigInt', 1n, '[bigint]'], ['a function', () => 1, null], ['a date', new Date(0), '1970-01-01T00:00:00.000Z']])('says %s as JSON can (D7)', async (_, data, printed) => {
    const { context, sent } = contextOf({ logLevel: 'debug' });
    context.log('info', data);
    expect(await sent()).toMatchObject([{ params: { data: printed } }]);
  });

  it('is a copy: what the handler changes later is not sent', async () => {
    const { context, sent } = contextOf({ logLevel: 'debug' });
    const data = { state: 'before' };
    context.log('info', data);
    data.state = 'after';
    expect(await sent()).toMatchObject([{ params: { data: { state: 'before' } } }]);
  });
});

describe('a question that the client cannot answer is never sent (C13)', () => {
  const questions: [title: string, ask: (context: ToolContext) => Promise<unknown>, required: ClientCapabilities][] = [
    ['a form', (context) => context.ask(form), { elicitation: { form: {} } }],
    ['a page', (context) => context.ask({ message: 'Go', url: 'https://example.com' }), { elicitation: { url: {} } }],
    ['a completion', (context) => context.sample({ messages: [], maxTokens: 1 }), { sampling: {} }],
    ['a completion with tools', (context) => context.sample({ messages: [], maxTokens: 1, tools: [] }), { sampling: {} }],
    ['the roots', (context) => context.roots(), { roots: {} }],
  ];

  it.each(questions)('%s is refused with −32021 on 2026-07-28, and with a sentence for the model before', async (_, ask, requiredCapabilities) => {
    const [now, before] = [contextOf({ revision: '2026-07-28' }), contextOf()];
    await expect((async () => ask(now.context))()).rejects.toMatchObject({ fault: 'capability_missing', row: { rpc: -32021 }, data: { requiredCapabilities } });
    await expect((async () => ask(before.context))()).rejects.toThrow(/^This needs a client that supports \w+$/);
    expect([now.asked, before.asked]).toEqual([[], []]);
  });

  it('a page is refused before 2025-11-25, whatever the client says', async () => {
    const { context } = contextOf({ revision: '2025-06-18', capabilities: { elicitation: { url: {} } } });
    await expect((async () => context.ask({ message: 'Go', url: 'https://example.com' }))()).rejects.toThrow('This needs a client that supports elicitation');
  });

  it('tools in a completion need their own word', async () => {
    const { context } = contextOf({ capabilities: { sampling: {} } });
    await expect((async () => context.sample({ messages: [], maxTokens: 1, tools: [] }))()).rejects.toThrow('sampling');
    const now = contextOf({ revision: '2026-07-28', capabilities: { sampling: {} } }).context;
    await expect((async () => now.sample({ messages: [], maxTokens: 1, tools: [] }))()).rejects.toMatchObject({ data: { requiredCapabilities: { sampling: { tools: {} } } } });
  });

  it('a form needs a client that shows forms: one that only says elicitation does, one that only opens pages does not', async () => {
    const reply = { action: 'decline' };
    const shown: ClientCapabilities['elicitation'][] = [{}, { form: {} }, { form: {}, url: {} }];
    for (const elicitation of shown) expect(await contextOf({ capabilities: { elicitation }, reply }).context.ask(form)).toEqual(reply);
    const { context } = contextOf({ capabilities: { elicitation: { url: {} } }, reply });
    await expect((async () => context.ask(form))()).rejects.toThrow('This needs a client that supports elicitation');
  });
});

describe('a question and its answer', () => {
  const elicitation = { elicitation: {} };

  it('is a form with a flat schema, and the answer is what the schema made of it', async () => {
    const { context, asked } = contextOf({ capabilities: elicitation, reply: { action: 'accept', content: { name: 'Ada' } } });
    expect(await context.ask(form)).toEqual({ action: 'accept', content: { name: 'Ada' } });
    expect(asked).toMatchObject([{ key: 'name', method: 'elicitation/create', params: { mode: 'form', message: 'Who?', requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } } }]);
  });

  it.each(['decline', 'cancel'])('may be to %s', async (action) => {
    const { context } = contextOf({ capabilities: elicitation, reply: { action, content: { name: 'ignored' } } });
    expect(await context.ask(form)).toEqual({ action });
  });

  it.each<JsonObject>([{}, { action: 'maybe' }, { action: 'maybe', content: { name: 'Ada' } }, { action: 'accept' }, { action: 'accept', content: { name: 7 } }])('is believed in nothing: %j is malformed', async (reply) => {
    await expect(contextOf({ capabilities: elicitation, reply }).context.ask(form)).rejects.toThrow('malformed');
  });

  it('of roots and completions is checked too', async () => {
    const roots = [{ uri: 'file:///a', name: 'a' }];
    const sampled = { role: 'assistant', model: 'm', content: { type: 'text', text: 'x' } };
    const capabilities = { roots: {}, sampling: {} };
    const [looking, thinking] = [contextOf({ capabilities, reply: { roots } }), contextOf({ capabilities, reply: sampled })];
    expect(await looking.context.roots()).toEqual(roots);
    expect(looking.asked).toMatchObject([{ method: 'roots/list', params: {} }]);
    expect(await thinking.context.sample({ messages: [], maxTokens: 1 })).toEqual(sampled);
    expect(thinking.asked).toMatchObject([{ method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } }]);
    await expect(contextOf({ capabilities, reply: { roots: [{ uri: 7 }] } }).context.roots()).rejects.toThrow('malformed');
    await expect(contextOf({ capabilities, reply: { ...sampled, role: 'system' } }).context.sample({ messages: [], maxTokens: 1 })).rejects.toThrow('malformed');
  });

  it('of a completion with tools is asked of a client that takes them', async () => {
    const reply = { role: 'assistant', model: 'm', content: { type: 'tool_use' } };
    const { context } = contextOf({ capabilities: { sampling: { tools: {} } }, reply });
    expect(await context.sample({ messages: [], maxTokens: 1, tools: [] })).toEqual(reply);
  });

  it.each(['2025-11-25', '2026-07-28'] as const)('may be a page, which has an id of its own on 2025-11-25 alone: %s', async (revision) => {
    const { context, asked } = contextOf({ revision, capabilities: { elicitation: { url: {} } }, reply: { action: 'accept', content: { ignored: true } } });
    expect(await context.ask({ key: 'pay', message: 'Pay', url: 'https://example.com/pay' })).toEqual({ action: 'accept' });
    const correlation = revision === '2025-11-25' ? { elicitationId: expect.stringMatching(/^[0-9a-f-]{36}$/) } : {};
    expect(asked).toMatchObject([{ key: 'pay', method: 'elicitation/create' }]);
    expect(asked[0]?.params).toEqual({ mode: 'url', message: 'Pay', url: 'https://example.com/pay', ...correlation });
  });

  it('prints the schema of a form once, however often it is asked', async () => {
    const print = vi.fn<() => Record<string, unknown>>(() => ({ type: 'object', properties: {} }));
    const schema: Schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }), jsonSchema: { input: print, output: print } } };
    const { context } = contextOf({ capabilities: elicitation, reply: { action: 'decline' } });
    for (const key of ['a', 'b']) await context.ask({ key, message: 'Who?', schema });
    expect(print).toHaveBeenCalledOnce();
  });

  it('is named by its place in the call where the author gave no key', async () => {
    const { context, asked } = contextOf({ capabilities: { roots: {} }, reply: { roots: [] } });
    await context.roots();
    await context.roots({ key: 'mine' });
    await context.roots();
    expect(asked.map(({ key }) => key)).toEqual(['question-1', 'mine', 'question-3']);
  });
});

describe('the rest of the call', () => {
  it('may ask its client to come back, in half a second or when the handler says', async () => {
    const { context, sent } = contextOf();
    context.disconnect();
    context.disconnect(2000);
    expect(await sent()).toEqual([{ kind: 'disconnect', retryMs: 500 }, { kind: 'disconnect', retryMs: 2000 }]);
  });

  it('has steps, whose result it gets', async () => {
    expect(await contextOf().context.step('book', async () => 'ticket')).toBe('ticket');
  });
});

describe('the circumstances of the call', () => {
  it('are its caller, revision, door, deadline and signal', () => {
    vi.useFakeTimers();
    const { context, run } = contextOf();
    expect(context).toMatchObject({ caller: anonymous, revision: '2025-11-25', transport: 'sse', deadline: 6000 });
    run.cancellation.cancel('caller');
    expect(context.signal.aborted).toBe(true);
    vi.useRealTimers();
  });
});
