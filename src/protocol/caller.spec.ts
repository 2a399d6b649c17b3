/** Promise P5: who is the owner of a session, a stream or a state, and who only looks like him. */
import { describe, expect, it } from 'vitest';
import { anonymous, guest, ownerKey, sameOwner, type Caller } from './caller.js';

const ada: Caller = { kind: 'user', issuer: 'https://login.example.com', subject: 'ada', client: 'desk', scopes: ['mcp'], roles: ['viewer'], tenant: 'default' };

describe('an owner', () => {
  it.each<[string, Partial<Caller>]>([['with other scopes', { scopes: [] }], ['with other roles', { roles: ['admin'] }]])('is the same %s: credentials are refreshed', (_, changes) => {
    const refreshed = { ...ada, ...changes };
    expect(sameOwner(ada, refreshed)).toBe(true);
    expect(ownerKey(refreshed)).toBe(ownerKey(ada));
  });

  it.each<[string, Partial<Caller>]>([
    ['a namesake of another issuer', { issuer: 'https://elsewhere.example.com' }], ['another subject', { subject: 'bert' }], ['the same person through another client', { client: 'phone' }],
    ['whose parts are cut elsewhere', { issuer: 'https://login.example.com","ada', subject: '' }],
  ])('is not %s', (_, changes) => {
    const other = { ...ada, ...changes };
    expect(sameOwner(ada, other)).toBe(false);
    expect(ownerKey(other)).not.toBe(ownerKey(ada));
  });

  it('has the same key whenever it is asked for', () => {
    expect([ownerKey(ada), ownerKey(ada)]).toEqual([ownerKey({ ...ada }), ownerKey({ ...ada })]);
  });
});

describe('callers without a credential', () => {
  it('may do everything where nobody signs in, and nothing where others do', () => {
    expect(anonymous).toEqual({ kind: 'anonymous', issuer: 'local', subject: 'anonymous', client: 'anonymous', scopes: [], roles: ['admin'], tenant: 'default' });
    expect(guest).toEqual({ ...anonymous, subject: 'guest', client: 'guest', roles: [] });
    expect(sameOwner(anonymous, guest)).toBe(false);
  });

  it('cannot be given a right by whoever holds them', () => {
    for (const caller of [anonymous, guest]) for (const part of [caller, caller.roles, caller.scopes]) expect(Object.isFrozen(part)).toBe(true);
  });
});
