/** Rows A24, A25 and D16: ids of calls and of questions mean something only within their session. */
import { describe, expect, it, vi } from 'vitest';
import { Cancellation } from '../protocol/cancellation.js';
import type { OutboundQuestion, Reply } from '../protocol/message.js';
import { Traffic } from './traffic.js';

function question(settle: (reply: Reply) => void = () => undefined): OutboundQuestion {
  return { kind: 'question', method: 'roots/list', params: {}, settle };
}

const reply: Reply = { result: {} };

describe('a call', () => {
  it('cannot have the id of another that runs; the first is unaffected (A25)', () => {
    const traffic = new Traffic(() => 'p');
    const first = new Cancellation();
    traffic.begin(1, first);
    expect(() => traffic.begin(1, new Cancellation())).toThrow(expect.objectContaining({ fault: 'id_in_use' }));
    traffic.cancel(1);
    expect(first.reason).toBe('caller');
  });

  it('may have an id that was used before, or the same one as a text', () => {
    const traffic = new Traffic(() => 'p');
    traffic.begin(1, new Cancellation());
    traffic.begin('1', new Cancellation());
    traffic.finish(1);
    traffic.begin(1, new Cancellation());
    expect(() => traffic.begin('1', new Cancellation())).toThrow('still running');
  });

  it('is cancelled by its own id only; unknown and finished ids are ignored (D16)', () => {
    const traffic = new Traffic(() => 'p');
    const [one, other] = [new Cancellation(), new Cancellation()];
    traffic.begin('a', one);
    traffic.begin('b', other);
    traffic.finish('a');
    for (const id of ['a', 'c', 1, 'sa', '']) traffic.cancel(id);
    expect([one.reason, other.reason]).toEqual([undefined, undefined]);
    for (let id = 0; id < 100_000; id++) traffic.cancel(id);
    traffic.cancel('b');
    expect(other.reason).toBe('caller');
  });
});

describe('a question', () => {
  it('has an id that no other process and no other question has', () => {
    const [one, other] = [new Traffic(() => 'p1'), new Traffic(() => 'p2')];
    const ids = [one, one, other, other].map((traffic) => traffic.ask(question()));
    expect(new Set(ids).size).toBe(4);
  });

  it('is answered once, by its own id (A24)', () => {
    const traffic = new Traffic(() => 'p');
    const settle = vi.fn<(reply: Reply) => void>();
    const id = traffic.ask(question(settle));
    expect([traffic.settle('forged', reply), traffic.settle(1, reply)]).toEqual([false, false]);
    expect([traffic.settle(id, reply), traffic.settle(id, reply)]).toEqual([true, false]);
    expect(settle.mock.calls).toEqual([[reply]]);
  });

  it('is answered no more once nobody waits', () => {
    const traffic = new Traffic(() => 'p');
    const settle = vi.fn<(reply: Reply) => void>();
    const id = traffic.ask(question(settle));
    traffic.forgetQuestions([id, 'unknown']);
    expect(traffic.settle(id, reply)).toBe(false);
    expect(settle).not.toHaveBeenCalled();
  });
});

describe('the traffic of a session', () => {
  it('is idle when nothing runs and nobody is waited for', () => {
    const traffic = new Traffic(() => 'p');
    expect(traffic.idle).toBe(true);
    traffic.begin(1, new Cancellation());
    expect(traffic.idle).toBe(false);
    traffic.finish(1);
    const id = traffic.ask(question());
    expect(traffic.idle).toBe(false);
    traffic.settle(id, reply);
    expect(traffic.idle).toBe(true);
  });

  it('ends with every call cancelled for the reason given, and no question left', () => {
    const traffic = new Traffic(() => 'p');
    const calls = [new Cancellation(), new Cancellation()];
    for (const [id, call] of calls.entries()) traffic.begin(id, call);
    const id = traffic.ask(question());
    traffic.end('session_ended');
    expect(calls.map(({ reason }) => reason)).toEqual(['session_ended', 'session_ended']);
    expect([traffic.idle, traffic.settle(id, reply)]).toEqual([true, false]);
  });
});
