import { createHash } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { aRequest, DoorBench, PUBLIC } from '../support/door-bench.js';
import { aSigningKey, compact, hmac, signed } from '../support/token-mint.js';

const holder = aSigningKey('holder');
const thief = aSigningKey('thief');
const { kty = '', ...members } = holder.key.export({ format: 'jwk' });
const jwk = { kty, ...members };

let bench: DoorBench;
let token: string;
beforeEach(async () => {
  bench = new DoorBench();
  await bench.person();
  token = bench.mint.mint({ cnf: { jkt: await calculateJwkThumbprint(jwk) } });
});

/** A proof of the holder for one request, with changes. */
function prove(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key = holder): string {
  const all = {
    htm: 'POST', htu: `${PUBLIC}/mcp`, iat: Math.floor(bench.time / 1000), jti: Math.random().toString(36),
    ath: createHash('sha256').update(token).digest('base64url'), ...claims,
  };
  return compact({ typ: 'dpop+jwt', alg: 'ES256', jwk, ...header }, all, signed(key));
}

const ask = (dpop: string | undefined, scheme = 'DPoP'): Promise<string> =>
  bench.refusal({ authorization: `${scheme} ${token}`, headers: dpop === undefined ? {} : { dpop } });

describe('a bound token needs a proof by its key, for this request (RFC 9449, pitfall 15)', () => {
  it('lets the holder in', async () => {
    expect(await ask(prove())).toBe('admitted');
    expect(await ask(prove({ htu: 'HTTPS://GATE.example:443/mcp?x=1#y' }))).toBe('admitted');
  });

  it('refuses the token as Bearer, and an unbound one as DPoP', async () => {
    expect(await ask(prove(), 'Bearer')).toBe('token_invalid');
    expect(await ask(undefined, 'Bearer')).toBe('token_invalid');
    const unbound = bench.mint.mint();
    expect(await bench.refusal({ authorization: `DPoP ${unbound}`, headers: { dpop: prove() } })).toBe('token_invalid');
  });

  it.each<[string, () => string | undefined]>([
    ['no proof', () => undefined],
    ['two proofs', () => `${prove()}, ${prove()}`],
    ['a proof of another key', () => prove({}, { jwk: thief.key.export({ format: 'jwk' }) }, thief)],
    ['a proof signed by another key', () => prove({}, {}, thief)],
    ['another method', () => prove({ htm: 'GET' })],
    ['another address', () => prove({ htu: `${PUBLIC}/admin` })],
    ['another host', () => prove({ htu: 'https://evil.example/mcp' })],
    ['another token', () => prove({ ath: createHash('sha256').update('x').digest('base64url') })],
    ['no token named', () => prove({ ath: undefined })],
    ['an old one', () => prove({ iat: Math.floor(bench.time / 1000) - 61 })],
    ['one from the future', () => prove({ iat: Math.floor(bench.time / 1000) + 10 })],
    ['no time', () => prove({ iat: undefined })],
    ['no id', () => prove({ jti: undefined })],
    ['an id of 10 KB', () => prove({ jti: 'j'.repeat(10_240) })],
    ['another type', () => prove({}, { typ: 'JWT' })],
    ['alg none', () => prove({}, { alg: 'none' })],
    ['a shared secret', () => compact({ typ: 'dpop+jwt', alg: 'HS256', jwk: { kty: 'oct', k: 'c2VjcmV0' } }, { htm: 'POST' }, hmac('secret'))],
    ['a private key inside', () => prove({}, { jwk: holder.privateKey.export({ format: 'jwk' }) })],
    ['an unknown crit', () => prove({}, { crit: ['x'], x: 1 })],
    ['rubbish', () => 'rubbish'],
  ])('refuses %s', async (_name, proof) => {
    expect(await ask(proof())).toBe('token_invalid');
  });

  it('takes a proof once, also when it comes twice at the same time', async () => {
    const proof = prove();
    const outcomes = await Promise.all([ask(proof), ask(proof), ask(proof)]);
    expect(outcomes.toSorted()).toEqual(['admitted', 'token_invalid', 'token_invalid']);
  });

  it('judges an open stream again by the request that opened it', async () => {
    const request = aRequest({ authorization: `DPoP ${token}`, headers: { dpop: prove() } });
    await bench.door.admit(request);
    expect(await bench.door.admit(request)).toMatchObject({ subject: 'anna' });
    await bench.revocations.revokeGrant('grant-1', bench.time + 600_000);
    await expect(Promise.resolve().then(() => bench.door.admit(request))).rejects.toMatchObject({ fault: 'token_invalid' });
  });

  it.each([{ 'x5t#S256': 'abc' }, { jkt: 'a', 'x5t#S256': 'b' }, {}, 'jkt', null])('refuses a binding nobody here can check: %j', async (cnf) => {
    expect(await bench.refusalOf(bench.mint.mint({ cnf }))).toBe('token_invalid');
  });

  it('tells a client that tried what was wrong, after the challenge every client reads', async () => {
    const request = aRequest({ authorization: `DPoP ${token}` });
    const raised = await bench.fault({ authorization: `DPoP ${token}` });
    if (!raised) throw new Error('admitted');
    const headers = bench.door.headersFor(raised, request);
    expect(headers).toEqual(['WWW-Authenticate', expect.stringMatching(/^Bearer error="invalid_token"/), 'WWW-Authenticate', expect.stringMatching(/^DPoP error="invalid_dpop_proof", algs="RS256/)]);
  });
});
