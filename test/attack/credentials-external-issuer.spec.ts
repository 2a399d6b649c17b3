import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IssuerDiscovery } from '../../src/auth/credentials/issuer-metadata.js';
import { RemoteKeys } from '../../src/auth/credentials/remote-keys.js';
import { Fault } from '../../src/protocol/faults.js';
import { DoorBench, PUBLIC } from '../support/door-bench.js';
import { IssuerServer } from '../support/issuer-server.js';
import { aSigningKey, TokenMint } from '../support/token-mint.js';

let issuer: IssuerServer;
let mint: TokenMint;
beforeEach(async () => {
  issuer = await IssuerServer.start();
  mint = new TokenMint(issuer.url, `${PUBLIC}/mcp`, aSigningKey('their-key', 'RS256'));
  issuer.keys = [mint.key];
});
afterEach(() => issuer.stop());

const bench = (settings: Record<string, unknown> = {}): DoorBench => new DoorBench({ authMode: 'external', externalIssuer: issuer.url, ...settings });

describe('another issuer vouches for people (mode external)', () => {
  it('is found by discovery, and its claims become a caller', async () => {
    expect(await bench({ claimRoles: ['realm_access.roles'] }).bearer(mint.mint({ realm_access: { roles: ['analyst', 'offline access'] } }))).toEqual({
      kind: 'user', issuer: issuer.url, subject: 'anna', client: 'a-client', scopes: ['mcp'], roles: ['analyst'], tenant: 'default',
    });
  });

  it.each<[string, Record<string, unknown>, Record<string, unknown>, object]>([
    ['Entra', { scp: 'files.read', azp: 'app', client_id: undefined, scope: undefined, oid: 'o-1', tid: 't-1' }, { claimSubject: ['oid', 'sub'], claimTenant: ['tid'], scopeAliases: { 'files.read': ['files:read'] } },
      { subject: 'o-1', client: 'app', scopes: ['files:read'], tenant: 't-1' }],
    ['Okta', { scp: ['mcp', 'x'], cid: 'app', client_id: undefined, scope: undefined, groups: ['mcp-admins'] }, { roleRules: [{ claim: 'groups', contains: 'mcp-admins', role: 'admin' }] },
      { client: 'app', scopes: ['mcp', 'x'], roles: ['admin'] }],
    ['Auth0', { azp: 'app', client_id: undefined, 'https://example.com/roles': ['developer'], permissions: ['files:read'] }, { claimRoles: ['https://example.com/roles'] },
      { client: 'app', scopes: ['mcp', 'files:read'], roles: ['developer'] }],
    ['Keycloak', { azp: 'app', client_id: undefined, resource_access: { 'my.client': { roles: ['analyst'] } } }, { claimRoles: ['resource_access.my.client.roles'] }, { roles: ['analyst'] }],
    ['a machine', { sub: 'app', client_id: 'app' }, {}, { kind: 'client', subject: 'app' }],
    ['a default role', {}, { defaultRoles: ['guest-developer'] }, { roles: ['guest-developer'] }],
    ['an expression', { email: 'a@corp.example' }, { roleRules: [{ claim: 'email', matches: '@corp\\.example$', role: 'developer' }] }, { roles: ['developer'] }],
    ['scopes that would be more than scopes', { scope: 'mcp *' }, {}, { scopes: ['mcp'] }],
  ])('%s', async (_name, claims, settings, expected) => {
    expect(await bench(settings).bearer(mint.mint(claims, { typ: 'JWT' }))).toMatchObject(expected);
  });

  it('needs our own address as audience, unless another was configured', async () => {
    expect(await bench().refusalOf(mint.mint({ aud: 'api://gatehouse' }))).toBe('token_invalid');
    expect(await bench({ externalAudiences: ['api://gatehouse'] }).refusalOf(mint.mint({ aud: 'api://gatehouse' }))).toBe('admitted');
  });

  it('may be held to RFC 9068', async () => {
    expect(await bench({ externalTokenType: true }).refusalOf(mint.mint({}, { typ: 'JWT' }))).toBe('token_invalid');
    expect(await bench({ externalTokenType: true }).refusalOf(mint.mint())).toBe('admitted');
  });

  it.each<Record<string, unknown>>([{ nonce: 'n-0S6' }, { at_hash: 'x' }, { c_hash: 'x' }, { s_hash: 'x' }, { typ: 'ID' }, { typ: 'Refresh' }, { typ: 'Offline' }])(
    'vouches for nobody with what is no access token, though it is meant for us: %j (E6)', async (claims) => {
      const own = bench();
      const [other, unknown] = [await own.fault({ authorization: `Bearer ${mint.mint(claims, { typ: 'JWT' })}` }), await own.fault({ authorization: `Bearer ${mint.mint({ aud: 'x' })}` })];
      expect(other).toMatchObject({ fault: 'token_invalid', message: unknown?.message, challenge: unknown?.challenge });
      expect(await own.refusalOf(mint.mint({ typ: 'Bearer' }, { typ: 'JWT' }))).toBe('admitted');
    });

  it('cannot make tokens of ours, nor we its', async () => {
    const own = new DoorBench();
    await own.person();
    expect(await own.refusalOf(mint.mint({ iss: PUBLIC }))).toBe('token_invalid');
    expect(await bench().refusalOf(own.mint.mint())).toBe('token_invalid');
  });

  it('is asked for nothing a token names (E2)', async () => {
    const sink = await IssuerServer.start();
    const forged = mint.mint({}, { jku: `${sink.url}/keys`, x5u: `${sink.url}/cert` });
    expect(await bench().refusalOf(forged)).toBe('token_invalid');
    expect(await bench().refusalOf(mint.mint({ iss: sink.url }))).toBe('token_invalid');
    expect(sink.received).toEqual([]);
    await sink.stop();
  });

  it('is not believed when its document is about somebody else (RFC 8414 §3.3)', async () => {
    expect(await bench({ externalIssuer: `${issuer.url}/` }).refusalOf(mint.mint({ iss: `${issuer.url}/` }))).toBe('credentials_unavailable');
  });

  it('is not even asked for keys about a token of more than 8 kB or of 500 claims (E8)', async () => {
    const own = bench();
    expect(await own.refusalOf(mint.mint({ filler: 'x'.repeat(7000) }))).toBe('token_invalid');
    expect(await own.refusalOf(mint.mint(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`c${index}`, 1]))))).toBe('token_invalid');
    expect(issuer.received).toEqual([]);
    expect(await own.refusalOf(mint.mint())).toBe('admitted');
    expect(issuer.count('/keys')).toBe(1);
  });

  it('gets no credential in its log: the keys are fetched without one', async () => {
    await bench().bearer(mint.mint());
    expect(issuer.received.map(({ method, path, authorization }) => [method, path, authorization])).toEqual([['GET', '/.well-known/openid-configuration', undefined], ['GET', '/keys', undefined]]);
  });
});

describe('keys of an issuer (E9, E10)', () => {
  let now = 0;
  const header = (kid: string) => ({ alg: 'RS256', kid, typ: 'at+jwt' } as const);
  const keys = (): RemoteKeys => new RemoteKeys(new IssuerDiscovery(issuer.url), { freshMs: 300_000, staleMs: 3_600_000, cooldownMs: 30_000, retryMs: 5000 }, () => now);

  it('are fetched at most once in 30 s, however many tokens name unknown keys', async () => {
    const remote = keys();
    for (let index = 0; index < 10_000; index += 1) expect(await remote.find(header(`unknown-${index}`))).toBeUndefined();
    expect(issuer.count('/keys')).toBe(1);
    now += 30_000;
    await Promise.all(Array.from({ length: 100 }, (_, index) => remote.find(header(`other-${index}`))));
    expect(issuer.count('/keys')).toBe(2);
  });

  it('rotate without a failed call', async () => {
    const remote = keys();
    expect(await remote.find(header('their-key'))).toBeDefined();
    const next = aSigningKey('next-key', 'RS256');
    issuer.keys = [mint.key, next];
    now += 31_000;
    const found = await Promise.all([remote.find(header('next-key')), remote.find(header('their-key')), remote.find(header('next-key'))]);
    expect(found.every((key) => key !== undefined)).toBe(true);
  });

  it('serve while the issuer is away; then nobody is told that the token is wrong', async () => {
    const remote = keys();
    await remote.find(header('their-key'));
    issuer.away = true;
    now += 600_000;
    expect(await remote.find(header('their-key'))).toBeDefined();
    await expect(remote.find(header('unknown'))).rejects.toMatchObject({ fault: 'credentials_unavailable' });
    now += 3_600_000;
    const raised = await remote.find(header('their-key')).catch((error: unknown) => error);
    expect(raised instanceof Fault && [raised.fault, raised.row.http, raised.retryAfterSeconds]).toEqual(['credentials_unavailable', 503, 5]);
    issuer.away = false;
    now += 6000;
    expect(await remote.find(header('their-key'))).toBeDefined();
  });

  it('hold no shared secret', async () => {
    const remote = keys();
    await expect(remote.find({ alg: 'HS256', kid: 'their-key', typ: undefined })).resolves.toBeUndefined();
  });
});

describe('asking the issuer about each token (RFC 7662, E11)', () => {
  const settings = { externalVerification: 'introspection', externalClientId: 'gate:house', externalClientSecret: 'a-secret' };
  const active = (changes: Record<string, unknown> = {}) => ({ active: true, ...mint.claims(changes) });

  it('accepts what it vouches for, and remembers that for a short while', async () => {
    const own = bench(settings);
    issuer.tokens.set('opaque-token', active());
    expect(await own.bearer('opaque-token')).toMatchObject({ subject: 'anna', scopes: ['mcp'] });
    await own.bearer('opaque-token');
    expect(issuer.count('/introspect')).toBe(1);
    expect(issuer.received.at(-1)?.authorization).toBe(`Basic ${Buffer.from('gate%3Ahouse:a-secret').toString('base64')}`);
  });

  it('refuses a revoked token within a minute', async () => {
    const own = bench(settings);
    issuer.tokens.set('opaque-token', active());
    await own.bearer('opaque-token');
    issuer.tokens.delete('opaque-token');
    own.time += 31_000;
    expect(await own.refusalOf('opaque-token')).toBe('token_invalid');
  });

  it('asks once about a token that is no good', async () => {
    const own = bench(settings);
    for (let round = 0; round < 20; round += 1) expect(await own.refusalOf('never-issued')).toBe('token_invalid');
    expect(issuer.count('/introspect')).toBe(1);
  });

  it('lets nobody in while it cannot be asked, and says so', async () => {
    const own = bench(settings);
    issuer.tokens.set('opaque-token', active());
    issuer.away = true;
    expect(await own.refusalOf('opaque-token')).toBe('credentials_unavailable');
  });

  it.each<Record<string, unknown>>([{ aud: 'https://other.example/mcp' }, { aud: undefined }, { iss: 'https://other.example' }, { exp: undefined }, { sub: undefined }, { nonce: 'n-0S6' }, { typ: 'Refresh' }])('refuses an answer about %j', async (changes) => {
    const own = bench(settings);
    issuer.tokens.set('opaque-token', active(changes));
    expect(await own.refusalOf('opaque-token')).toBe('token_invalid');
  });
});
