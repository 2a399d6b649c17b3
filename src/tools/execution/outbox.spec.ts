/** Promises P1 and P4, row D7: one final message, nothing after it, and a bound for a reader who is away. */
import { describe, expect, it } from 'vitest';
import { fault } from '../../protocol/faults.js';
import type { Outbound, OutboundFinal, OutboundInterim } from '../../protocol/message.js';
import { Outbox } from './outbox.js';

const result = { kind: 'result', json: '{}' } as const;

function note(progress: number): OutboundInterim {
  return { kind: 'notification', method: 'notifications/progress', params: { progress } };
}

function question(method = 'roots/list'): OutboundInterim {
  return { kind: 'question', method, params: {}, settle: () => undefined };
}

async function read(outbox: Outbox): Promise<Outbound[]> {
  const messages: Outbound[] = [];
  for await (const message of outbox) messages.push(message);
  return messages;
}

describe('a call has one final message (P1)', () => {
  it('gives everything in order and ends after the final message', async () => {
    const outbox = new Outbox();
    outbox.push(note(1));
    outbox.push(note(2));
    outbox.finish(result);
    expect(await read(outbox)).toEqual([note(1), note(2), result]);
  });

  it('gives a reader who waits each message as it comes', async () => {
    const outbox = new Outbox();
    const reading = read(outbox);
    for (const progress of [1, 2]) {
      await Promise.resolve();
      outbox.push(note(progress));
    }
    outbox.finish(result);
    expect(await reading).toEqual([note(1), note(2), result]);
  });

  it.each<OutboundFinal>([result, { kind: 'failure', fault: fault('internal') }])('ends for a reader who waited for the final message: %j', async (final) => {
    const outbox = new Outbox();
    const waiting = outbox.next();
    outbox.finish(final);
    expect(await waiting).toEqual({ value: final, done: false });
    expect(await outbox.next()).toEqual({ value: undefined, done: true });
  });

  it('keeps the first of two final messages, whichever they are (D7)', async () => {
    const outbox = new Outbox();
    expect(outbox.finish(result)).toBe(true);
    expect(outbox.finish({ kind: 'failure', fault: fault('internal') })).toBe(false);
    expect(outbox.finished).toBe(true);
    expect(await read(outbox)).toEqual([result]);
  });

  it('drops what a handler yields after the end, and tells it so (D7)', async () => {
    const outbox = new Outbox();
    outbox.finish(result);
    expect([outbox.push(note(1)), outbox.push(question())]).toEqual([false, false]);
    expect(await read(outbox)).toEqual([result]);
    expect(outbox.push(note(2))).toBe(false);
    expect(await outbox.next()).toEqual({ value: undefined, done: true });
  });

  it('ends for a reader who goes away', async () => {
    const outbox = new Outbox();
    outbox.push(note(1));
    for await (const message of outbox) {
      expect(message).toEqual(note(1));
      break;
    }
    expect(await outbox.next()).toEqual({ value: undefined, done: true });
    expect(await outbox.return()).toEqual({ value: undefined, done: true });
    expect(outbox.finish(result)).toBe(true);
  });
});

describe('a reader who is away costs bounded memory (P4)', () => {
  it('keeps ten thousand messages and after them only the newest news, never losing the answer', async () => {
    const outbox = new Outbox();
    for (let progress = 1; progress <= 25_000; progress++) outbox.push(note(progress));
    outbox.finish(result);
    const messages = await read(outbox);
    expect(messages).toHaveLength(10_001);
    expect(messages.slice(-3)).toEqual([note(9999), note(25_000), result]);
  });

  it('never replaces a question by news: somebody waits for its answer', async () => {
    const outbox = new Outbox();
    for (let progress = 1; progress < 10_000; progress++) outbox.push(note(progress));
    outbox.push(question());
    outbox.push(note(10_000));
    outbox.push(note(10_001));
    outbox.finish(result);
    const messages = await read(outbox);
    expect(messages.filter(({ kind }) => kind === 'question')).toHaveLength(1);
    expect(messages.length).toBeLessThanOrEqual(10_002);
  });

  it('keeps a question that comes when there is no more room, and the news before it', async () => {
    const outbox = new Outbox();
    for (let progress = 1; progress <= 10_000; progress++) outbox.push(note(progress));
    const asked = question();
    outbox.push(asked);
    outbox.finish(result);
    expect((await read(outbox)).slice(-3)).toEqual([note(10_000), asked, result]);
  });

  it('has room again for everything once a reader took some', async () => {
    const outbox = new Outbox();
    for (let progress = 1; progress <= 8000; progress++) outbox.push(note(progress));
    for (let progress = 1; progress <= 3000; progress++) await outbox.next();
    for (let progress = 8001; progress <= 8010; progress++) outbox.push(note(progress));
    outbox.finish(result);
    expect(await read(outbox)).toEqual([...Array.from({ length: 5010 }, (_, index) => note(3001 + index)), result]);
  });

  it('keeps the order while a slow reader never quite catches up', async () => {
    const outbox = new Outbox();
    const seen: Outbound[] = [];
    for (let progress = 1; progress <= 3000; progress++) {
      outbox.push(note(progress));
      if (progress % 3 === 0) continue;
      const { value } = await outbox.next();
      seen.push(value);
    }
    outbox.finish(result);
    seen.push(...await read(outbox));
    expect(seen).toEqual([...Array.from({ length: 3000 }, (_, index) => note(index + 1)), result]);
  });
});
