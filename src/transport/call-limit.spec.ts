/** Row D10: a caller has so many calls in flight and no more, and nobody else notices. */
import { describe, expect, it } from 'vitest';
import { settingsFrom } from '../config/load.js';
import { anonymous } from '../protocol/caller.js';
import { CallLimit } from './call-limit.js';

const anna = { ...anonymous, subject: 'anna' };
const tooMany = expect.objectContaining({ fault: 'calls_too_many', row: expect.objectContaining({ http: 429 }), retryAfterSeconds: expect.any(Number) });

function make(): CallLimit {
  return new CallLimit(settingsFrom({ maxCallsPerCaller: 3 }));
}

describe('the calls of one caller', () => {
  it('run up to the limit; the next one is refused until one has ended', () => {
    const limit = make();
    const [leave] = [limit.enter(anna), limit.enter(anna), limit.enter(anna)];
    expect(() => limit.enter(anna)).toThrow(tooMany);
    leave?.();
    limit.enter(anna);
    expect(() => limit.enter(anna)).toThrow(tooMany);
  });

  it('are counted by owner: another token is no second helping, another client is another owner', () => {
    const limit = make();
    for (let call = 0; call < 3; call++) limit.enter({ ...anna, scopes: [`refreshed ${call}`] });
    expect(() => limit.enter({ ...anna, roles: [] })).toThrow(tooMany);
    for (const other of [anonymous, { ...anna, client: 'phone' }, { ...anna, issuer: 'elsewhere' }]) expect(() => limit.enter(other)).not.toThrow();
  });

  it('have room for a batch as a whole or not at all', () => {
    const limit = make();
    limit.enter(anna);
    expect(() => limit.assertRoom(anna, 2)).not.toThrow();
    expect(() => limit.assertRoom(anna, 3)).toThrow(tooMany);
    expect(() => limit.assertRoom(anna, 0)).not.toThrow();
  });

  it('leave nothing behind, however often they come and go', () => {
    const limit = make();
    for (let round = 0; round < 10_000; round++) limit.enter({ ...anna, subject: String(round) })();
    for (let round = 0; round < 10_000; round++) limit.enter(anna)();
    expect(() => limit.assertRoom(anna, 3)).not.toThrow();
  });
});
