import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../protocol/message.js';
import { claimAt, textClaim, wordsClaim } from './credentials/claims.js';
import { rolesFromClaims } from './roles.js';

const claims: JsonObject = {
  scope: 'a b  a', scp: ['c', 7, 'd e', 'f'], 'https://x.example/roles': ['one'], realm_access: { roles: ['two', 'three'] },
  resource_access: { 'my.client': { roles: ['four'] } }, groups: ['mcp-admins', 'all'], level: 3, email: 'anna@corp.example', empty: '',
};

describe('claims are found wherever an issuer has put them', () => {
  it.each<[string, unknown]>([
    ['https://x.example/roles', ['one']], ['realm_access.roles', ['two', 'three']], ['resource_access.my.client.roles', ['four']], ['level', 3],
    ['realm_access.nothing', undefined], ['nothing', undefined], ['__proto__', undefined], ['constructor.name', undefined], ['scope.length', undefined], ['.', undefined], ['', undefined],
  ])('%s', (path, value) => {
    expect(claimAt(claims, path)).toEqual(value);
  });

  it('reads words from texts and lists, each once, and leaves out what is none', () => {
    expect(wordsClaim(claims, ['scope', 'scp', 'level', 'nothing'])).toEqual(['a', 'b', 'c', 'f']);
    expect(textClaim(claims, ['empty', 'level', 'email'])).toBe('anna@corp.example');
  });
});

describe('roles of people whom another issuer describes (federated and external)', () => {
  const mapping = { claimRoles: ['realm_access.roles'], defaultRoles: ['guest'], roleRules: [
    { claim: 'groups', contains: 'mcp-admins', role: 'admin' }, { claim: 'level', equals: 3, role: 'senior' }, { claim: 'email', matches: '@corp\\.example$', role: 'staff' },
    { claim: 'groups', contains: 'mcp', role: 'never' }, { claim: 'level', equals: '3', role: 'never' }, { claim: 'email', matches: '^bert', role: 'never' }, { claim: 'nothing', equals: 'x', role: 'never' },
  ] };

  it('come from claims and from rules', () => {
    expect(rolesFromClaims(claims, mapping)).toEqual(['admin', 'senior', 'staff', 'three', 'two']);
  });

  it('fall back to the default only where nothing gives one', () => {
    expect(rolesFromClaims({}, mapping)).toEqual(['guest']);
    expect(rolesFromClaims({ level: 3 }, mapping)).toEqual(['senior']);
  });
});
