import { describe, expect, it } from 'vitest';
import { settingsFrom } from '../config/load.js';
import { openLog } from '../observability/log.js';
import type { Decision, Requirement } from '../protocol/access.js';
import { anonymous, guest, type Caller } from '../protocol/caller.js';
import { RevocationWatch } from './credentials/revocation-watch.js';
import { RoleMap } from './role-map.js';
import { RolePolicy } from './role-policy.js';

const settings = settingsFrom({ authMode: 'embedded' });

function policy(map = RoleMap.read('config/roles.yaml'), own = settings): RolePolicy {
  const none = async (): Promise<void> => undefined;
  const never = { generation: async () => 1, touch: none, revokeGrant: none, isGrantRevoked: async () => false, purge: none };
  return new RolePolicy(map, own, new RevocationWatch(never, own, openLog('silent', false)));
}

const caller = (roles: readonly string[], scopes: readonly string[] = ['mcp'], kind: Caller['kind'] = 'user'): Caller =>
  ({ kind, issuer: 'i', subject: 's', client: 'c', roles, scopes, tenant: 'default' });

const may = (roles: readonly string[], tool: string, requirement: Requirement = {}): Decision['kind'] =>
  policy().decide(caller(roles), 'tool', tool, requirement).kind;

describe('roles decide, as the shipped map says (R34–R37)', () => {
  it.each<[string, string[], string[]]>([
    ['code_analysis', ['admin', 'developer'], ['analyst', 'viewer', '']],
    ['data_transform', ['admin', 'developer', 'analyst'], ['viewer', '']],
    ['file_processor', ['admin'], ['developer', 'analyst', 'viewer', '']],
    ['echo', ['admin', 'developer', 'analyst', 'viewer', ''], []],
    ['greet', ['viewer'], []], ['server_time', ['viewer'], []],
    ['a_tool_nobody_mapped', ['admin'], ['developer', 'analyst', 'everyone', 'Admin', 'admin ']],
  ])('%s', (tool, allowed, denied) => {
    for (const role of allowed) expect(may([role], tool)).toBe('allowed');
    for (const role of denied) expect(may([role], tool)).toBe('hidden');
  });

  it('lets somebody without any role use what is for everyone, and nothing else', () => {
    expect(may([], 'echo')).toBe('allowed');
    expect(may([], 'data_transform')).toBe('hidden');
  });

  it('follows the author where configuration says nothing, and configuration where it does', () => {
    expect(may(['analyst'], 'authored', { roles: ['analyst'] })).toBe('allowed');
    expect(may(['developer'], 'authored', { roles: ['analyst'] })).toBe('hidden');
    expect(may(['viewer'], 'data_transform', { roles: ['viewer'] })).toBe('hidden');
  });

  it('gives a tool of a name no right of a resource or prompt of that name', () => {
    expect(policy().decide(caller(['developer']), 'resource', 'code_analysis', {}).kind).toBe('hidden');
  });
});

describe('scopes limit what a credential may do (checklist 13 and 14, pitfall 12)', () => {
  const map = RoleMap.parse('everyone: { tools: ["*"] }\nroles: { auditor: { scopes: [mcp] }, developer: {} }\nimplies: { files:write: [files:read] }', 'test');
  const decide = (one: Caller, scopes: string[]): Decision => policy(map).decide(one, 'tool', 't', { scopes });

  it('asks for all scopes of the operation at once', () => {
    expect(decide(caller([]), ['mcp', 'files:write', 'files:read'])).toEqual({ kind: 'step_up', scopes: ['mcp', 'files:write', 'files:read'] });
  });

  it.each<[string[], string[], string]>([
    [['files'], ['files:read'], 'step_up'], [['files:*'], ['files:read'], 'allowed'], [['files:write'], ['files:read'], 'allowed'], [['*'], ['anything'], 'allowed'],
    [['files:read'], ['files:write'], 'step_up'], [['file'], ['files:read'], 'step_up'], [['files:re*'], ['files:read'], 'step_up'], [['files:*'], ['files'], 'step_up'], [[], [], 'allowed'],
  ])('%j for %j: %s', (held, wanted, outcome) => {
    expect(decide(caller([], held), wanted).kind).toBe(outcome);
  });

  it('does not ask where asking leads nowhere: the role is limited, the key is what it is, administration is for admin', () => {
    expect(decide(caller(['auditor']), ['files:read']).kind).toBe('hidden');
    expect(decide(caller([], ['mcp'], 'key'), ['files:read']).kind).toBe('hidden');
    expect(decide(caller(['developer']), ['mcp:admin']).kind).toBe('hidden');
    expect(decide(caller(['auditor', 'developer']), ['files:read']).kind).toBe('step_up');
    expect(decide(caller(['admin']), ['mcp:admin']).kind).toBe('step_up');
  });

  it.each<[string[], string, boolean]>([
    [['auditor', 'some-group'], 'files:read', false], [['auditor', 'some-group'], 'mcp', true], [['auditor', 'constructor', '__proto__'], 'files:read', false],
    [['some-group'], 'files:read', true], [['some-group'], 'mcp:admin', false], [[], 'files:read', true], [['auditor', 'developer'], 'files:read', true],
  ])('limits a role whatever unknown roles stand beside it: %j and %s: %s', (roles, scope, may) => {
    expect(map.mayHold(roles, scope)).toBe(may);
  });

  it('reads scopes as words, whatever they are called', () => {
    expect(decide(caller([], ['constructor', '__proto__']), ['files:read']).kind).toBe('step_up');
  });

  it('counts of what a person handed on only what their roles may hold now', () => {
    expect(decide(caller(['auditor'], ['mcp', 'files:write']), ['mcp']).kind).toBe('allowed');
    for (const held of ['files:read', 'files:write', 'files:*', '*']) expect(decide(caller(['auditor'], ['mcp', held]), ['files:read']).kind).toBe('hidden');
    expect(decide(caller([], ['mcp:admin']), ['mcp:admin']).kind).toBe('hidden');
    expect(decide(caller(['admin'], ['mcp:admin']), ['mcp:admin']).kind).toBe('allowed');
    for (const kind of ['client', 'key'] as const) expect(decide(caller(['auditor'], ['files:read'], kind), ['files:read']).kind).toBe('allowed');
  });

  it('holds for admins too: their token is what they gave to a client', () => {
    expect(decide(caller(['admin'], []), ['files:read']).kind).toBe('step_up');
  });
});

describe('guests see what is public, and may sign in for the rest (contract line 18)', () => {
  const map = RoleMap.parse('everyone: { tools: [echo] }\npublic: { tools: [open] }\nroles: { developer: { tools: [code] } }', 'test');
  const decide = (tool: string, requirement: Requirement = {}): Decision => policy(map).decide(guest, 'tool', tool, requirement);

  it.each<[string, Requirement, Decision]>([
    ['open', {}, { kind: 'allowed' }], ['authored', { public: true }, { kind: 'allowed' }],
    ['echo', {}, { kind: 'sign_in', scopes: ['mcp'] }], ['code', { scopes: ['code:run'] }, { kind: 'sign_in', scopes: ['code:run'] }],
    ['authored', { roles: ['x'] }, { kind: 'sign_in', scopes: ['mcp'] }], ['nobody_mapped', {}, { kind: 'hidden' }],
  ])('%s %j', (tool, requirement, decision) => {
    expect(decide(tool, requirement)).toEqual(decision);
  });
});

describe('lists are remembered by what their readers may see', () => {
  it('is one text for equal rights, and another for others', () => {
    const of = (one: Caller): string => policy().permissionsOf(one);
    expect(of(caller(['b', 'a'], ['y', 'x']))).toBe(of({ ...caller(['a', 'b'], ['x', 'y']), subject: 'other' }));
    const different = [caller(['a']), caller(['a'], []), caller(['a', 'b']), caller(['a'], ['mcp'], 'key'), caller([]), guest];
    expect(new Set(different.map(of)).size).toBe(different.length);
  });

  it('is the same for everybody without authentication, and everything is allowed', () => {
    const open = policy(new RoleMap({}), settingsFrom({ authMode: 'none' }));
    expect([open.uniform, open.permissionsOf(anonymous), open.permissionsOf(guest)]).toEqual([true, '', '']);
    expect(open.decide(anonymous, 'tool', 'anything', { scopes: ['x'], roles: ['y'] })).toEqual({ kind: 'allowed' });
  });
});

describe('config/roles.yaml is checked at the start', () => {
  it.each([
    ['roles: [', 'is not YAML'], ['rolls: {}', 'rolls'], ['roles: { a: { tool: [x] } }', 'roles.a'], ['everyone: [echo]', 'everyone'], ['roles: { "a b": {} }', 'a b'], ['- a', 'the whole'],
  ])('%s', (content, hint) => {
    expect(() => RoleMap.parse(content, 'roles.yaml')).toThrow(hint);
  });

  it('refuses a file that somebody named and that is not there', () => {
    expect(() => RoleMap.read('nowhere.yaml')).toThrow('cannot be read');
  });

  it.each<[string, string, boolean]>([
    ['*', 'anything', true], ['file_*', 'file_processor', true], ['*_get', 'users_get', true], ['a*c*e', 'abcde', true], ['a*c*e', 'aec', false], ['ab*ba', 'aba', false],
    ['audit://*', 'audit://x/y', true], ['a.c', 'abc', false], ['(a+)+$*', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', false],
  ])('the pattern %s and the name %s: %s', (pattern, name, fits) => {
    const map = RoleMap.parse(JSON.stringify({ everyone: { tools: [pattern] } }), 'test');
    expect(map.find('tool', name) !== undefined).toBe(fits);
  });
});
