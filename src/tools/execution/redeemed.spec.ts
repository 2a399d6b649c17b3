/** Row C12 and promises P4 and P7: what is good for one use is used once, and remembering that is bounded. */
import { describe, expect, it } from 'vitest';
import { Redeemed } from './redeemed.js';

const replayed = expect.objectContaining({ fault: 'state_refused', detail: 'replayed' });
const full = expect.objectContaining({ fault: 'overloaded', retryAfterSeconds: 5 });

describe('an id is redeemed once (C12)', () => {
  it('for as long as it is worth something', () => {
    const redeemed = new Redeemed(3);
    redeemed.redeem('a', 100, 0);
    for (const now of [0, 50, 99]) expect(() => redeemed.redeem('a', 100, now)).toThrow(replayed);
  });

  it('whatever else was redeemed and has expired meanwhile', () => {
    const redeemed = new Redeemed(3);
    for (const [id, until] of [['a', 10], ['b', 20], ['c', 100]] as const) redeemed.redeem(id, until, 0);
    redeemed.redeem('d', 100, 20);
    expect(() => redeemed.redeem('c', 100, 99)).toThrow(replayed);
    expect(() => redeemed.redeem('d', 100, 99)).toThrow(replayed);
  });
});

describe('a full memory refuses, for a while (P4, P7)', () => {
  it('rather than forget what could be replayed', () => {
    const redeemed = new Redeemed(2);
    redeemed.redeem('a', 100, 0);
    redeemed.redeem('b', 100, 0);
    expect(() => redeemed.redeem('c', 100, 99)).toThrow(full);
    expect(() => redeemed.redeem('a', 100, 99)).toThrow(replayed);
  });

  it('and has room again as soon as the first is worth nothing', () => {
    const redeemed = new Redeemed(2);
    redeemed.redeem('a', 100, 0);
    redeemed.redeem('b', 200, 0);
    redeemed.redeem('c', 300, 100);
    expect(() => redeemed.redeem('b', 200, 100)).toThrow(replayed);
    expect(() => redeemed.redeem('d', 300, 199)).toThrow(full);
    redeemed.redeem('d', 300, 200);
  });
});
