/** Questions and subscriptions of a call, as the dispatcher plays them (promises P1 and P2; rows B14, C12). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DispatcherBench, keeper, refused, stranger, vault, type From } from '../../test/support/dispatcher.js';
import { Cancellation } from '../protocol/cancellation.js';
import type { JsonObject, Outbound } from '../protocol/message.js';
import { metaKeys } from '../protocol/meta-keys.js';
import type { ToolContext } from './context.js';
import type { Outbox } from './execution/outbox.js';

let bench: DispatcherBench;

beforeEach(() => {
  bench = new DispatcherBench();
});
afterEach(() => bench.close());

const who = { key: 'who', message: 'Who?', schema: z.object({ name: z.string() }) };
const ada = { action: 'accept', content: { name: 'Ada' } };
const text = (value: string): object => ({ content: [{ type: 'text', text: value }] });

async function greet(context: ToolContext): Promise<string> {
  const { content } = await context.ask(who);
  return `Hello ${content?.name}`;
}

const round = z.strictObject({ resultType: z.literal('input_required'), inputRequests: z.record(z.string(), z.looseObject({ method: z.string() })), requestState: z.string() });

/** Plays one round that must end with questions, and returns the state to come back with. */
async function asked(method: string, params: JsonObject, from?: From): Promise<string> {
  const { inputRequests, requestState } = round.parse(await bench.endOf(method, params, from));
  expect(inputRequests).toMatchObject({ who: { method: 'elicitation/create' } });
  return requestState;
}

describe('a question', () => {
  /** One method of each kind that asks. */
  const asking: [kind: string, method: string, params: JsonObject, answer: object][] = [
    ['a tool', 'tools/call', { name: 'greet' }, text('Hello Ada')],
    ['a prompt', 'prompts/get', { name: 'greet' }, { messages: [{ role: 'user', content: { type: 'text', text: 'Hello Ada' } }] }],
    ['a resource', 'resources/read', { uri: 'x://greet' }, { contents: [{ text: 'Hello Ada' }] }],
    ['a template', 'resources/read', { uri: 'y://greet' }, { contents: [{ text: 'Hello Ada' }] }],
  ];

  beforeEach(() => {
    bench.catalogue.addTool({ name: 'greet' }, (_, context) => greet(context));
    bench.catalogue.addTool({ name: 'other' }, (_, context) => greet(context));
    bench.catalogue.addPrompt({ name: 'greet' }, (_, context) => greet(context));
    bench.catalogue.addResource({ name: 'greet', uri: 'x://greet' }, (_, context) => greet(context));
    bench.catalogue.addResourceTemplate({ name: 'greets', uriTemplate: 'y://{id}' }, (_uri, _variables, context) => greet(context));
  });

  it.each(asking)('of %s is pushed and awaited where there is a session', async (_, method, params, answer) => {
    const messages = await bench.messagesOf(method, params, { revision: '2025-11-25', reply: ada });
    expect(messages.map(({ kind }) => kind)).toEqual(['question', 'result']);
    expect(await bench.endOf(method, params, { revision: '2025-11-25', reply: ada })).toMatchObject(answer);
  });

  it.each(asking)('of %s ends the round on 2026-07-28, and the next one has the answer', async (_, method, params, answer) => {
    const requestState = await asked(method, params);
    expect(await bench.endOf(method, { ...params, requestState, inputResponses: { who: ada } })).toMatchObject(answer);
  });

  it('ends the round also where the handler makes light of it', async () => {
    bench.catalogue.addTool({ name: 'careless' }, (_, context) => greet(context).catch(() => 'nobody'));
    expect(await bench.endOf('tools/call', { name: 'careless' })).toMatchObject({ resultType: 'input_required' });
  });

  it('that was answered is remembered by the state, and steps with it', async () => {
    let booked = 0;
    bench.catalogue.addTool({ name: 'book' }, async (_, context) => {
      const ticket = await context.step('book', () => ++booked);
      const first = await greet(context);
      const again = await context.ask({ ...who, key: 'again' });
      return `${first}, ${again.action} ${ticket}`;
    });
    const first = await asked('tools/call', { name: 'book' });
    const second = round.parse(await bench.endOf('tools/call', { name: 'book', requestState: first, inputResponses: { who: ada } }));
    expect(Object.keys(second.inputRequests)).toEqual(['again']);
    expect(await bench.endOf('tools/call', { name: 'book', requestState: second.requestState, inputResponses: { again: { action: 'decline' } } })).toEqual(text('Hello Ada, decline 1'));
  });

  it.each<[string, JsonObject, From]>([
    ['another tool', { name: 'other' }, {}], ['other arguments', { name: 'greet', arguments: { loud: true } }, {}], ['another caller', { name: 'greet' }, { caller: stranger }],
  ])('is not answered by a state of %s (C12)', async (_, params, from) => {
    const requestState = await asked('tools/call', { name: 'greet' });
    expect(await bench.endOf('tools/call', { ...params, requestState, inputResponses: { who: ada } }, from)).toEqual(refused(-32602, 'requestState is not valid for this request'));
  });

  it.each([['tools/call', { name: 'greet' }], ['prompts/get', { name: 'greet' }]])('of %s is answered by a state of the same arguments alone (C12)', async (method, params) => {
    const requestState = await asked(method, { ...params, arguments: { loud: 'yes' } });
    const answered = (loud: string): Promise<JsonObject> => bench.endOf(method, { ...params, arguments: { loud }, requestState, inputResponses: { who: ada } });
    expect(await answered('no')).toEqual(refused(-32602, 'requestState is not valid for this request'));
    expect(await answered('yes')).not.toHaveProperty('error');
  });

  it('of a tool is not answered by a state of the prompt of its name (C12)', async () => {
    const requestState = await asked('prompts/get', { name: 'greet' });
    expect(await bench.endOf('tools/call', { name: 'greet', requestState })).toEqual(refused(-32602, 'requestState is not valid for this request'));
  });

  it.each<[string, JsonObject, string]>([
    ['answers that are a list', { inputResponses: [] }, 'params.inputResponses must be an object'], ['answers that are null', { inputResponses: null }, 'params.inputResponses must be an object'],
    ['a state that is no text', { requestState: 7 }, 'params.requestState must be a string'], ['a state that is null', { requestState: null }, 'params.requestState must be a string'],
  ])('is not answered by %s on 2026-07-28; before, such members mean nothing', async (_, members, message) => {
    expect(await bench.endOf('tools/call', { name: 'greet', ...members })).toEqual(refused(-32602, message));
    expect(await bench.endOf('tools/call', { name: 'greet', ...members }, { revision: '2025-11-25', reply: ada })).toEqual(text('Hello Ada'));
  });

  it('of a completion ends its round too', async () => {
    bench.catalogue.addCompletion({ prompt: 'greet', argument: 'a' }, async (_value, _others, context) => [await greet(context)]);
    const params = { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'a', value: '' } };
    const requestState = await asked('completion/complete', params);
    expect(await bench.endOf('completion/complete', { ...params, requestState, inputResponses: { who: ada } })).toMatchObject({ completion: { values: ['Hello Ada'] } });
  });
});

describe('a subscription of 2026-07-28', () => {
  const listen = (notifications: JsonObject, from?: From): Outbox => bench.run('subscriptions/listen', { notifications }, from);

  async function read(outbox: Outbox): Promise<Outbound[]> {
    const messages: Outbound[] = [];
    for await (const message of outbox) messages.push(message);
    return messages;
  }

  it('acknowledges, tells and ends with its result when the server says so (B14)', async () => {
    const outbox = listen({ toolsListChanged: true });
    bench.catalogue.addTool({ name: 'new' }, () => '');
    bench.dispatcher.endSubscriptions();
    const messages = await read(outbox);
    expect(messages).toMatchObject([{ method: 'notifications/subscriptions/acknowledged' }, { method: 'notifications/tools/list_changed' }, { kind: 'result' }]);
    expect(messages[0]).toMatchObject({ params: { _meta: { [metaKeys.subscriptionId]: 1 } } });
  });

  it('ends when it is cancelled (P2)', async () => {
    const cancellation = new Cancellation();
    const outbox = listen({}, { cancellation });
    cancellation.cancel('disconnect');
    expect((await read(outbox)).map(({ kind }) => kind)).toEqual(['notification', 'result']);
  });

  it('tells nobody of a resource he may not know (P6)', async () => {
    bench.catalogue.addResource({ ...vault, uri: 'x://vault' }, () => '');
    const [own, foreign] = [keeper, stranger].map((caller) => listen({ resourceSubscriptions: ['x://vault'] }, { caller }));
    bench.catalogue.resourceUpdated('x://vault');
    bench.dispatcher.endSubscriptions();
    expect(own && (await read(own)).map(({ kind }) => kind)).toEqual(['notification', 'notification', 'result']);
    expect(foreign && (await read(foreign)).map(({ kind }) => kind)).toEqual(['notification', 'result']);
  });

  it('with a malformed filter is refused, once and for all (P1)', async () => {
    expect(await bench.endOf('subscriptions/listen', { notifications: 'all' })).toEqual(refused(-32602, 'params.notifications must be an object'));
  });
});
