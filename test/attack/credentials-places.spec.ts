import { describe, expect, it } from 'vitest';
import { DoorBench } from '../support/door-bench.js';
import { compact, hmac } from '../support/token-mint.js';

const KEY = 'a-static-key-for-this-test';
const SECRET = 'a-secret-of-simple-mode-with-32-chars';

describe('a credential stands in a header and nowhere else (E7, R26 as ruled, checklist 7)', () => {
  const bench = new DoorBench({ apiKey: KEY });

  it.each(['/mcp?token=', '/mcp?a=b&token=', '/mcp?access_token=', '/sse?api_key=', '/mcp?TOKEN='])('refuses it in %s', async (url) => {
    expect(await bench.refusal({ url: url + KEY })).toBe('token_invalid');
  });

  it('refuses it in the address also where guests may come in', async () => {
    const open = new DoorBench({ guests: true });
    expect(await open.refusal({ url: `/mcp?token=${KEY}` })).toBe('token_invalid');
    expect(await open.admit({})).toMatchObject({ kind: 'anonymous', subject: expect.stringMatching(/^guest:/), roles: [] });
  });

  it('looks at no cookie', async () => {
    expect(await bench.refusal({ headers: { cookie: `token=${KEY}; authorization=Bearer ${KEY}` } })).toBe('token_missing');
  });

  it('takes Authorization before x-api-key', async () => {
    expect(await bench.refusal({ authorization: 'Bearer wrong', headers: { 'x-api-key': KEY } })).toBe('token_invalid');
    expect(await bench.refusal({ authorization: `Bearer ${KEY}`, headers: { 'x-api-key': 'wrong' } })).toBe('admitted');
  });
});

describe('the scheme stands there exactly once (fault 27)', () => {
  const bench = new DoorBench({ apiKey: KEY });

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('accepts %s', async (scheme) => {
    expect(await bench.refusal({ authorization: `${scheme} ${KEY}` })).toBe('admitted');
  });

  it.each([
    KEY, `Bearer Bearer ${KEY}`, `Bearer${KEY}`, `Basic ${Buffer.from(`a:${KEY}`).toString('base64')}`, 'Bearer', 'Bearer ', '', `Bearer ${KEY} x`, `Bearer ${KEY},${KEY}`,
    `Token ${KEY}`, `Bearer\t${KEY}`, ` Bearer ${KEY}x`, `x-api-key ${KEY}`, `DPoP ${KEY}`,
  ])('refuses %j', async (authorization) => {
    expect(await bench.refusal({ authorization })).toBe('token_invalid');
  });
});

describe('refusals say what is wrong in our words (R30–R33, fault 16)', () => {
  it('names each kind, and nothing from a library', async () => {
    const bench = new DoorBench({ jwtSecret: SECRET });
    await bench.person();
    const said = async (token: string): Promise<[string, unknown] | undefined> => {
      const raised = await bench.fault({ authorization: `Bearer ${token}` });
      return raised && [raised.say, raised.data];
    };
    expect((await bench.fault({}))?.say).toBe('Authentication required');
    expect((await bench.fault({}))?.data).toEqual({ message: 'No valid token was provided' });
    expect(await said(bench.mint.mint({ exp: 1000 }))).toEqual(['Token expired', undefined]);
    expect(await said(bench.mint.mint({ aud: 'x' }))).toEqual(['Invalid JWT token', undefined]);
    expect(await said('eyJ.eyJ.x')).toEqual(['Invalid JWT token', undefined]);
    expect(await said(compact({ alg: 'HS256' }, bench.mint.claims(), hmac('another-secret')))).toEqual(['Invalid JWT token', undefined]);
    expect(await said('neither')).toEqual(['Invalid authentication credentials', undefined]);
  });
});

describe('tokens of JWT_SECRET (R28)', () => {
  const bench = new DoorBench({ jwtSecret: SECRET });
  const mint = (claims: Record<string, unknown>): string =>
    compact({ alg: 'HS256', typ: 'JWT' }, { exp: Math.floor(bench.time / 1000) + 300, ...claims }, hmac(SECRET));

  it('name the person and the roles', async () => {
    expect(await bench.bearer(mint({ sub: 'anna', roles: ['analyst'] }))).toMatchObject({ kind: 'user', issuer: 'local', subject: 'anna', client: 'JWT_SECRET', roles: ['analyst'], scopes: ['*'] });
    expect(await bench.bearer(mint({ id: 'bert', role: 'developer', scope: 'mcp *' }))).toMatchObject({ subject: 'bert', roles: ['developer'], scopes: ['mcp'] });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['without exp', { sub: 'anna', exp: undefined }, 'token_invalid'], ['expired', { sub: 'anna', exp: 1000 }, 'token_expired'], ['of nobody', {}, 'token_invalid'],
    ['for another audience', { sub: 'anna', aud: 'https://other.example' }, 'token_invalid'], ['for us', { sub: 'anna', aud: 'https://gate.example/mcp' }, 'admitted'],
    ['bound to a key', { sub: 'anna', cnf: { jkt: 'x' } }, 'token_invalid'],
  ])('%s: %s', async (_name, claims, outcome) => {
    expect(await bench.refusalOf(mint(claims))).toBe(outcome);
  });

  it('are worth nothing where the secret is not configured, or is another', async () => {
    expect(await new DoorBench().refusalOf(mint({ sub: 'anna' }))).toBe('token_invalid');
    expect(await new DoorBench({ jwtSecret: `${SECRET}x` }).refusalOf(mint({ sub: 'anna' }))).toBe('token_invalid');
  });

  it('cannot speak for people of the authorization server', async () => {
    const token = mint({ sub: 'anna', iss: 'https://gate.example', client_id: 'a-client' });
    expect(await bench.bearer(token)).toMatchObject({ issuer: 'local', client: 'JWT_SECRET' });
  });
});
