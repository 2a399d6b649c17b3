/** "Write once, every revision": a question is pushed and awaited, or ends a round and is replayed; steps happen once. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Cancellation } from '../../protocol/cancellation.js';
import type { JsonObject, OutboundQuestion } from '../../protocol/message.js';
import { PushInteraction, RoundInteraction, Suspension, type Interaction, type Question } from './interaction.js';
import { Outbox } from './outbox.js';
import type { RoundState } from './request-state.js';
import { Run } from './run.js';

/** Reads `{ text }`; anything else is malformed. */
function question(key: string): Question<string> {
  return { key, method: 'elicitation/create', params: { key }, read: ({ text }) => (typeof text === 'string' ? text : undefined) };
}

const ASKED = (key: string): JsonObject => ({ method: 'elicitation/create', params: { key } });

/** What the process would be told of a promise that nobody watches. */
async function unhandledWhile(work: () => Promise<void>): Promise<unknown[]> {
  const told: unknown[] = [];
  const listener = (reason: unknown): void => {
    told.push(reason);
  };
  process.on('unhandledRejection', listener);
  await work();
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  process.off('unhandledRejection', listener);
  return told;
}

describe('a question on a wire that can push it', () => {
  function pushing(): { interaction: PushInteraction; outbox: Outbox; run: Run; asked: () => Promise<OutboundQuestion> } {
    const outbox = new Outbox();
    const run = new Run(new Cancellation(), 1000);
    const asked = async (): Promise<OutboundQuestion> => {
      const { value } = await outbox.next();
      if (value?.kind !== 'question') throw new Error('no question was asked');
      return value;
    };
    return { interaction: new PushInteraction(outbox, run, 5000), outbox, run, asked };
  }

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('goes out at once and is answered by the reply, the first one only', async () => {
    const { interaction, asked, run } = pushing();
    const answer = run.of(() => interaction.ask(question('name')));
    const { settle, ...sent } = await asked();
    settle({ result: { text: 'Ada' } });
    settle({ result: { text: 'Bert' } });
    expect(sent).toEqual({ kind: 'question', ...ASKED('name') });
    expect(await answer).toBe('Ada');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('fails with client_failed for an error, a malformed answer and none in time', async () => {
    const { interaction, asked } = pushing();
    const failing = interaction.ask(question('a'));
    (await asked()).settle({ error: { code: -1, message: 'secret of the client' } });
    await expect(failing).rejects.toMatchObject({ fault: 'client_failed', say: expect.not.stringContaining('secret'), detail: { code: -1, message: 'secret of the client' } });

    const malformed = interaction.ask(question('b'));
    (await asked()).settle({ result: { text: 7 } });
    await expect(malformed).rejects.toMatchObject({ fault: 'client_failed', say: expect.stringContaining('malformed') });

    const late = interaction.ask(question('c'));
    await vi.advanceTimersByTimeAsync(5000);
    await expect(late).rejects.toMatchObject({ fault: 'client_failed', say: expect.stringContaining('in time') });
  });

  it('does not count the wait against the deadline of the tool', async () => {
    const { interaction, asked, run } = pushing();
    const outcome = run.of(async () => `Hello ${await interaction.ask(question('name'))}`);
    const { settle } = await asked();
    await vi.advanceTimersByTimeAsync(4999);
    settle({ result: { text: 'Ada' } });
    expect(await outcome).toBe('Hello Ada');
  });

  it('gives the tool the rest of its time once it is answered (D8)', async () => {
    const { interaction, asked, run } = pushing();
    const outcome = run.of(async () => {
      await interaction.ask(question('name'));
      return new Promise(() => undefined);
    });
    outcome.catch(() => undefined);
    const { settle } = await asked();
    await vi.advanceTimersByTimeAsync(4000);
    settle({ result: { text: 'Ada' } });
    await vi.advanceTimersByTimeAsync(1001);
    expect(run.cancellation.reason).toBe('deadline');
    await expect(outcome).rejects.toMatchObject({ fault: 'call_too_slow' });
  });

  it('ends with the call when that is cancelled', async () => {
    const { interaction, run } = pushing();
    const answer = run.of(() => interaction.ask(question('name')));
    run.cancellation.cancel('caller');
    await expect(answer).rejects.toMatchObject({ fault: 'call_cancelled' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends at once, without a timer, when the call has already ended (D7)', async () => {
    const { interaction, outbox, run } = pushing();
    await run.of(() => undefined);
    outbox.finish({ kind: 'result', json: '{}' });
    const answer = interaction.ask(question('name'));
    await vi.advanceTimersByTimeAsync(0);
    await expect(answer).rejects.toMatchObject({ fault: 'call_cancelled' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks several at once and gives each its own answer, whatever the order of the replies', async () => {
    const { interaction, asked } = pushing();
    const answers = Promise.all([interaction.ask(question('a')), interaction.ask(question('b'))]);
    const [first, second] = [await asked(), await asked()];
    second.settle({ result: { text: 'two' } });
    first.settle({ result: { text: 'one' } });
    expect(await answers).toEqual(['one', 'two']);
  });

  it('runs each step once and refuses a second of its name, and a second question of one key', async () => {
    const { interaction } = pushing();
    void interaction.ask(question('a'));
    await expect(interaction.ask(question('a'))).rejects.toThrow('Two questions of one call have the key a');
    expect(await interaction.step('a', () => 1)).toBe(1);
    await expect(interaction.step('a', () => 2)).rejects.toThrow('Two steps of one call are named a');
  });
});

/** Plays rounds as the dispatcher does: a handler, the state so far and the replies of the client. */
async function round(
  handler: (interaction: Interaction) => unknown, state: RoundState = { answers: {}, steps: {} }, replies: JsonObject = {},
): Promise<{ value?: unknown; questions?: JsonObject; state: RoundState }> {
  const rounds = new RoundInteraction(state, replies);
  const run = new Run(new Cancellation(), 1000);
  const suspended = Symbol('suspended');
  const value = await run.of(() => handler(rounds), (end) => {
    rounds.onSuspended = () => end(suspended);
  });
  return value === suspended ? { questions: rounds.questions, state: rounds.state } : { value, state: rounds.state };
}

describe('a question on a wire that only has rounds', () => {
  const greet = async (interaction: Interaction): Promise<string> => `Hello ${await interaction.ask(question('name'))}`;

  it('ends the round, and the next one runs on with the answer', async () => {
    const first = await round(greet);
    expect(first.questions).toEqual({ name: ASKED('name') });
    expect(await round(greet, first.state, { name: { text: 'Ada' } })).toMatchObject({ value: 'Hello Ada' });
  });

  it('replays earlier answers: the client is asked everything once', async () => {
    const two = async (interaction: Interaction): Promise<string> => `${await interaction.ask(question('a'))} ${await interaction.ask(question('b'))}`;
    const first = await round(two);
    const second = await round(two, first.state, { a: { text: 'one' } });
    expect(second.questions).toEqual({ b: ASKED('b') });
    expect(await round(two, second.state, { b: { text: 'two' } })).toMatchObject({ value: 'one two' });
  });

  it('takes an answer once given for given: a later round cannot change it', async () => {
    const first = await round(greet, { answers: { name: { text: 'Ada' } }, steps: {} }, { name: { text: 'Bert' } });
    expect(first.value).toBe('Hello Ada');
  });

  it.each([['malformed', { name: { text: 7 } }], ['not an object', { name: 'Ada' }], ['for another question', { other: { text: 'Ada' } }]])('asks again when the reply is %s', async (_, replies) => {
    const again = await round(greet, undefined, replies);
    expect(again.questions).toEqual({ name: ASKED('name') });
    expect(again.state.answers).toEqual({});
  });

  it('sends questions asked side by side in one round', async () => {
    const parallel = (interaction: Interaction): Promise<string[]> => Promise.all([interaction.ask(question('a')), interaction.ask(question('b'))]);
    const first = await round(parallel);
    expect(first.questions).toEqual({ a: ASKED('a'), b: ASKED('b') });
    const half = await round(parallel, first.state, { b: { text: 'two' } });
    expect(half.questions).toEqual({ a: ASKED('a') });
    expect(await round(parallel, half.state, { a: { text: 'one' } })).toMatchObject({ value: ['one', 'two'] });
  });

  it('ends the round even where the handler swallows its suspension', async () => {
    const swallowing = (interaction: Interaction): Promise<string> => interaction.ask(question('name')).catch(() => 'nobody');
    expect((await round(swallowing)).questions).toEqual({ name: ASKED('name') });
    expect((await round(swallowing, undefined, { name: { text: 'Ada' } })).value).toBe('Ada');
  });

  it('suspends whatever a handler tries after the end of its round', async () => {
    const later: Promise<unknown>[] = [];
    const work = vi.fn<() => string>(() => 'done');
    await round(async (interaction) => {
      await interaction.ask(question('name')).catch(() => undefined);
      later.push(interaction.ask(question('more')), interaction.step('more', work));
      later[1]?.catch(() => undefined);
    });
    await vi.waitFor(() => expect(later).toHaveLength(2));
    for (const promise of later) await expect(promise).rejects.toBeInstanceOf(Suspension);
    expect(work).not.toHaveBeenCalled();
  });

  it('suspends it also where the answer it asks for is known, and where it was still reading one', async () => {
    const later: Promise<unknown>[] = [];
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const slow = { ...question('slow'), read: () => promise };
    await round(async (interaction) => {
      later.push(interaction.ask(slow));
      await interaction.ask(question('name')).catch(() => undefined);
      later.push(interaction.ask(question('known')));
    }, undefined, { known: { text: 'x' }, slow: {} });
    await vi.waitFor(() => expect(later).toHaveLength(2));
    resolve(undefined);
    for (const ghost of later) await expect(ghost).rejects.toBeInstanceOf(Suspension);
  });

  it.each([
    ['side by side', (interaction: Interaction) => Promise.all([interaction.ask(question('same')), interaction.ask(question('same'))])],
    ['one after the other', async (interaction: Interaction) => [await interaction.ask(question('same')), await interaction.ask(question('same'))]],
  ])('refuses two questions of one key asked %s', async (_, handler) => {
    await expect(round(handler, undefined, { same: { text: 'x' } })).rejects.toThrow('Two questions of one call have the key same');
  });

  it('does not end the process over a question that nobody awaits (D7)', async () => {
    const unhandled = await unhandledWhile(async () => {
      const { value } = await round((interaction) => {
        void interaction.ask(question('name'));
        return 'done without it';
      });
      expect(value).toBe('done without it');
    });
    expect(unhandled).toEqual([]);
  });
});

describe('a step happens once, however often the handler runs', () => {
  it('is replayed with its result, also where that is nothing', async () => {
    const work = vi.fn<() => object>(() => ({ ticket: 7 }));
    const nothing = vi.fn<() => undefined>(() => undefined);
    const booking = async (interaction: Interaction): Promise<unknown> => {
      const ticket = await interaction.step('book', work);
      await interaction.step('notify', nothing);
      return [ticket, await interaction.ask(question('name'))];
    };
    const first = await round(booking);
    const second = await round(booking, JSON.parse(JSON.stringify(first.state)), { name: { text: 'Ada' } });
    expect(second.value).toEqual([{ ticket: 7 }, 'Ada']);
    expect([work.mock.calls.length, nothing.mock.calls.length]).toEqual([1, 1]);
  });

  it('is tried again where it failed', async () => {
    const work = vi.fn<() => string>().mockImplementationOnce(() => {
      throw new Error('not yet');
    }).mockReturnValue('done');
    const booking = async (interaction: Interaction): Promise<unknown> => {
      const result = await interaction.step('book', work).catch(() => 'failed');
      return [result, await interaction.ask(question('name'))];
    };
    const first = await round(booking);
    expect((await round(booking, first.state, { name: { text: 'Ada' } })).value).toEqual(['done', 'Ada']);
  });

  it('is finished, and remembered, before the round of a question beside it ends', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const work = vi.fn<() => Promise<string>>(() => promise);
    const booking = (interaction: Interaction): Promise<unknown> => Promise.all([interaction.step('book', work), interaction.ask(question('name'))]);
    const first = round(booking);
    await vi.waitFor(() => expect(work).toHaveBeenCalledOnce());
    await new Promise((done) => setImmediate(() => setImmediate(done)));
    resolve('ticket');
    const { questions, state } = await first;
    expect(questions).toEqual({ name: ASKED('name') });
    expect((await round(booking, state, { name: { text: 'Ada' } })).value).toEqual(['ticket', 'Ada']);
    expect(work).toHaveBeenCalledOnce();
  });

  it('refuses a second of the same name', async () => {
    await expect(round(async (interaction) => [await interaction.step('a', () => 1), await interaction.step('a', () => 2)])).rejects.toThrow('Two steps of one call are named a');
  });
});
