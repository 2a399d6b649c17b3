/** Row C12: a requestState is good once, for its caller, request and time, and not with a single bit changed. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymous } from '../../protocol/caller.js';
import type { Clock, Random } from '../../protocol/clock.js';
import { Fault } from '../../protocol/faults.js';
import { RequestStates, type RoundState, type StateBinding } from './request-state.js';

const TTL_MS = 60_000;
const state: RoundState = { answers: { name: { action: 'accept', content: { name: 'Ada' } } }, steps: { 'step ticket': ['t-1'] } };
const binding: StateBinding = { caller: anonymous, method: 'tools/call', target: 'book', arguments: { seat: 4, where: { row: 'A', side: 'left' } } };

/** Unlike any other, and the same in every run. */
class CountedRandom implements Random {
  #count = 0;
  bytes(count: number): Buffer {
    return createHash('sha512').update(String(this.#count++)).digest().subarray(0, count);
  }
}

class SetClock implements Clock {
  constructor(public time = 1_000_000) {}
  now(): number {
    return this.time;
  }
}

const random = new CountedRandom();

function statesWith(secrets = ['current-secret'], clock: Clock = new SetClock()): RequestStates {
  return new RequestStates(secrets, TTL_MS, clock, random);
}

/** What the log is told of a refusal. */
function reasonOf(states: RequestStates, text: string, bound: StateBinding = binding): unknown {
  try {
    return states.open(bound, text);
  } catch (error) {
    return error instanceof Fault ? error.detail : error;
  }
}

/** What opening ends with: the state, or the name and public sentence of the refusal. */
function opened(states: RequestStates, text: string, bound: StateBinding = binding): RoundState | [fault: string, say: string] {
  try {
    return states.open(bound, text);
  } catch (error) {
    if (error instanceof Fault) return [error.fault, error.say];
    throw error;
  }
}

const refused = ['state_refused', 'requestState is not valid for this request'];

describe('a state comes back as it was sealed', () => {
  it('holds answers and steps of any content', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (answers) => {
      const states = statesWith();
      const sealed: RoundState = { answers: JSON.parse(JSON.stringify(answers)), steps: {} };
      expect(states.open(binding, states.seal(binding, sealed))).toEqual(sealed);
    }));
  });

  it('shows nothing of it on the way, and looks different each time', () => {
    const states = statesWith();
    const [one, other] = [states.seal(binding, state), states.seal(binding, state)];
    expect(one).not.toBe(other);
    expect(one).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(Buffer.from(one, 'base64url').includes('Ada')).toBe(false);
  });

  it('opens for the same arguments in another order', () => {
    const states = statesWith();
    const reordered = { ...binding, arguments: { where: { side: 'left', row: 'A' }, seat: 4 } };
    expect(opened(states, states.seal(binding, state), reordered)).toEqual(state);
  });

  it('takes as much as fits into a request, and refuses to seal more', () => {
    const states = statesWith();
    const sized = (length: number): RoundState => ({ answers: {}, steps: { big: 'x'.repeat(length) } });
    const frame = Buffer.from(states.seal(binding, sized(0)), 'base64url').length;
    const largest = states.seal(binding, sized(256 * 1024 - frame));
    expect(opened(states, largest)).toEqual(sized(256 * 1024 - frame));
    expect(() => states.seal(binding, sized(256 * 1024 - frame + 1)))
      .toThrow(expect.objectContaining({ fault: 'output_unusable', say: 'The steps of this call hold more than a requestState can carry' }));
  });

  it('comes back to a server of another day: what was sealed before a deployment opens after it (P12)', () => {
    const before = 'AQcHBwcHBwcHBwcHB2sBmUkwz7ailGWw2TpwnWhegxzeuq_t2NsjXvUuCOJ2keN8s7MLsoyq8X-dWlgi5fVX31eB-ECYm3yT21yW8xPHmwkbzHpR'
      + 'Su7FpsMMT5DC3Dc22sBiP5jKN5lD34AksnggmokIXWVF_AZxSU5h6-SnkAVek5OabColFdMuwqi4MUPnI7lNnJbnTWspicE9XrgGXjJBUsvy5Ri_';
    expect(opened(statesWith(), before)).toEqual(state);
  });

  it('cannot be sealed by a server without a secret', () => {
    expect(() => statesWith([]).seal(binding, state)).toThrow(expect.objectContaining({ fault: 'internal', detail: 'no request state key' }));
  });
});

describe('a changed state is refused (C12)', () => {
  it('refuses every single changed bit', () => {
    const states = statesWith();
    const bytes = Buffer.from(states.seal(binding, { answers: {}, steps: {} }), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(opened(states, changed.toString('base64url'))).toEqual(refused);
    }
    expect(opened(states, bytes.toString('base64url'))).toEqual({ answers: {}, steps: {} });
  });

  it('refuses any other text, also one that decodes to the same bytes', () => {
    const states = statesWith();
    const sealed = states.seal(binding, state);
    const other = fc.oneof(fc.string(), fc.base64String(), fc.constantFrom(
      `${sealed}=`, `${sealed}.`, ` ${sealed}`, `${sealed}\n`, sealed.slice(1), sealed.slice(0, -1), `${sealed}A`, sealed.toLowerCase(), sealed + sealed, '',
    ));
    fc.assert(fc.property(other, (text) => {
      expect(opened(states, text)).toEqual(refused);
    }));
    expect(opened(states, sealed)).toEqual(state);
  });

  it.each([
    ['a text that is too short', 'AQ', 'malformed'], ['one that only might be long enough', Buffer.of(1, ...Buffer.alloc(20)).toString('base64url'), 'malformed'],
    ['one of another version', Buffer.alloc(64, 2).toString('base64url'), 'malformed'], ['one in another spelling', `${Buffer.alloc(64, 1).toString('base64url')}=`, 'malformed'],
    ['one that we did not seal', Buffer.alloc(64, 1).toString('base64url'), 'unauthentic'],
  ])('tells the log what it makes of %s', (_, text, reason) => {
    expect(reasonOf(statesWith(), text)).toBe(reason);
  });

  it('refuses a text beyond any that it seals, without decrypting it', () => {
    expect(opened(statesWith(), 'A'.repeat(600_000))).toEqual(refused);
  });
});

describe('a state is bound to its caller, its request and its time (C12)', () => {
  const foreign: [title: string, changes: Partial<StateBinding>][] = [
    ['another user', { caller: { ...anonymous, subject: 'bert' } }],
    ['the same user through another client', { caller: { ...anonymous, client: 'other' } }],
    ['a user of the same name of another issuer', { caller: { ...anonymous, issuer: 'https://elsewhere' } }],
    ['another tool', { target: 'cancel' }],
    ['a prompt of the same name', { method: 'prompts/get' }],
    ['other arguments', { arguments: { seat: 5, where: { row: 'A', side: 'left' } } }],
    ['an argument of another type', { arguments: { seat: '4', where: { row: 'A', side: 'left' } } }],
    ['one argument more', { arguments: { seat: 4, where: { row: 'A', side: 'left' }, free: true } }],
    ['no arguments', { arguments: undefined }],
  ];

  it.each(foreign)('refuses it from %s, and then still opens it for its own', (_, changes) => {
    const states = statesWith();
    const sealed = states.seal(binding, state);
    expect(opened(states, sealed, { ...binding, ...changes })).toEqual(refused);
    expect(opened(states, sealed)).toEqual(state);
  });

  it('does not mind other scopes and roles of the same owner: tokens are refreshed', () => {
    const states = statesWith();
    const refreshed = { ...binding, caller: { ...anonymous, scopes: ['more'], roles: [] } };
    expect(opened(states, states.seal(binding, state), refreshed)).toEqual(state);
  });

  it('opens it until its time is over, not after', () => {
    const clock = new SetClock();
    const states = statesWith(undefined, clock);
    const [early, late] = [states.seal(binding, state), states.seal(binding, state)];
    clock.time += TTL_MS - 1;
    expect(opened(states, early)).toEqual(state);
    clock.time += 1;
    expect(reasonOf(states, late)).toBe('expired');
    expect(opened(states, late)).toEqual(refused);
  });

  it('refuses it a second time, for as long as it would be valid and after', () => {
    const clock = new SetClock();
    const states = statesWith(undefined, clock);
    const sealed = states.seal(binding, state);
    expect(opened(states, sealed)).toEqual(state);
    for (const passed of [0, 1000, TTL_MS - 1001, 1, TTL_MS]) {
      clock.time += passed;
      // Other traffic makes the memory of used states tidy up.
      opened(states, states.seal(binding, state));
      expect(opened(states, sealed)).toEqual(refused);
    }
  });
});

describe('the secret can be changed without a gap (C12)', () => {
  it('opens what the previous secret sealed, and seals with the current one', () => {
    const sealedBefore = statesWith(['old']).seal(binding, state);
    const rotated = statesWith(['new', 'old']);
    expect(opened(rotated, sealedBefore)).toEqual(state);
    expect(opened(statesWith(['new']), rotated.seal(binding, state))).toEqual(state);
  });

  it('refuses what an unknown secret sealed', () => {
    expect(opened(statesWith(['new', 'old']), statesWith(['older']).seal(binding, state))).toEqual(refused);
    expect(opened(statesWith(['new']), statesWith(['old']).seal(binding, state))).toEqual(refused);
  });

  it('refuses a replay across the change of secrets', () => {
    const rotated = statesWith(['new', 'old']);
    const sealed = statesWith(['old']).seal(binding, state);
    expect([opened(rotated, sealed), opened(rotated, sealed)]).toEqual([state, refused]);
  });
});
