import { beforeAll, describe, expect, it } from 'vitest';
import { DoorBench, PUBLIC } from '../support/door-bench.js';
import { aSigningKey, compact, hmac, part, published, signed, TokenMint } from '../support/token-mint.js';

let bench: DoorBench;
let rsa: DoorBench;
beforeAll(async () => {
  bench = new DoorBench({ jwtSecret: 'a-secret-of-simple-mode-with-32-chars' });
  rsa = new DoorBench({}, { key: aSigningKey('key-1', 'RS256') });
  await Promise.all([bench.person(), rsa.person()]);
});

describe('a token is signed with one of a few algorithms, by a key of ours (E1)', () => {
  it('lets the honest one in', async () => {
    expect(await bench.bearer(bench.mint.mint())).toEqual({
      kind: 'user', issuer: PUBLIC, subject: 'anna', client: 'a-client', scopes: ['mcp'], roles: ['developer'], tenant: 'default',
    });
    expect(await rsa.refusalOf(rsa.mint.mint())).toBe('admitted');
  });

  it.each(['none', 'None', 'NONE', 'nOnE', '', 'HS512', 'EdDSA', 'ES256K', 'RS1', 'constructor', undefined, 7, null, ['ES256']])('refuses alg %j', async (alg) => {
    const { mint } = bench;
    expect(await bench.refusalOf(mint.mint({}, { alg }))).toBe('token_invalid');
    expect(await bench.refusalOf(`${part({ typ: 'at+jwt', kid: 'key-1', alg })}.${part(mint.claims())}.`)).toBe('token_invalid');
    expect(await bench.refusalOf(`${part({ typ: 'at+jwt', kid: 'key-1', alg })}.${part(mint.claims())}.AA`)).toBe('token_invalid');
  });

  it('refuses HS256 with our public key as the secret, however it is written', async () => {
    const { key } = rsa.mint;
    const pem = key.key.export({ type: 'spki', format: 'pem' });
    const forms = [
      pem, pem.toString().trim(), key.key.export({ type: 'pkcs1', format: 'pem' }), key.key.export({ type: 'spki', format: 'der' }),
      JSON.stringify(key.key.export({ format: 'jwk' })), JSON.stringify(published(key)), JSON.stringify({ keys: [published(key)] }),
    ];
    for (const secret of forms) {
      const token = compact(rsa.mint.header({ alg: 'HS256' }), rsa.mint.claims(), hmac(secret));
      expect(await rsa.refusalOf(token)).toBe('token_invalid');
      expect(await bench.refusalOf(token)).toBe('token_invalid');
    }
  });

  it('refuses every swap of algorithm under the same key id', async () => {
    for (const alg of ['RS256', 'PS256', 'ES384'] as const) {
      const foreign = aSigningKey('key-1', alg);
      expect(await bench.refusalOf(compact(bench.mint.header({ alg }), bench.mint.claims(), signed(foreign)))).toBe('token_invalid');
    }
    expect(await rsa.refusalOf(compact(rsa.mint.header({ alg: 'PS256' }), rsa.mint.claims(), signed({ ...rsa.mint.key, alg: 'PS256' })))).toBe('token_invalid');
    expect(await bench.refusalOf(compact(bench.mint.header(), bench.mint.claims(), signed(aSigningKey('key-1'))))).toBe('token_invalid');
  });

  it('refuses a token with a changed claim, header or signature', async () => {
    const [header, payload, signature] = bench.mint.mint().split('.');
    const forged = [
      `${header}.${part(bench.mint.claims({ sub: 'admin' }))}.${signature}`, `${part(bench.mint.header({ x: 1 }))}.${payload}.${signature}`,
      `${header}.${payload}.`, `${header}.${payload}`, `${header}.${payload}.${signature}.${signature}`, `${header}.${payload}.${'A'.repeat(86)}`,
    ];
    for (const token of forged) expect(await bench.refusalOf(token)).toBe('token_invalid');
  });
});

describe('a token does not say which key verifies it (E2)', () => {
  const foreign = aSigningKey('key-9');
  const forge = (header: Record<string, unknown>): string => compact(bench.mint.header(header), bench.mint.claims(), signed(foreign));

  it.each<[string, Record<string, unknown>]>([
    ['jwk', { jwk: published(foreign) }], ['jku', { jku: 'http://127.0.0.1:9/keys' }], ['x5u', { x5u: 'http://127.0.0.1:9/cert' }], ['x5c', { x5c: ['MIIB'] }],
    ['crit', { crit: ['exp'] }], ['an unknown crit', { crit: ['http://example/x'], 'http://example/x': true }], ['b64', { b64: false, crit: ['b64'] }], ['zip', { zip: 'DEF' }],
    ['a kid that is a path', { kid: '../../../../dev/null' }], ['a kid that is SQL', { kid: "key-1' OR '1'='1" }], ['a kid of 10 KB', { kid: 'k'.repeat(10_240) }],
    ['a kid that is no text', { kid: { $ne: null } }], ['a kid from Object', { kid: '__proto__' }], ['no kid', { kid: undefined }],
  ])('refuses %s, also when everything else is right', async (_name, header) => {
    expect(await bench.refusalOf(forge(header))).toBe('token_invalid');
    expect(await bench.refusalOf(bench.mint.mint({}, header))).toBe('token_invalid');
  });

  it('refuses the JSON serialisation and anything else that is not three parts', async () => {
    const [header, payload, signature] = bench.mint.mint().split('.');
    const texts = [JSON.stringify({ protected: header, payload, signature }), 'eyJ', 'eyJ.eyJ.eyJ', `eyJ${'.'.repeat(50)}`, `${part('[]')}.${payload}.${signature}`, `${header}.${part('null')}.${signature}`];
    for (const text of texts) expect(await bench.refusal({ authorization: `Bearer ${text}` })).toBe('token_invalid');
  });
});

describe('a token comes from our issuer, for our address (E4, checklist 4 and 5)', () => {
  it.each([
    'https://evil.example', `${PUBLIC}/`, PUBLIC.toUpperCase(), `${PUBLIC}:443`, 'http://gate.example', '', undefined, [PUBLIC], null,
  ])('refuses issuer %j with the right key', async (iss) => {
    expect(await bench.refusalOf(bench.mint.mint({ iss }))).toBe('token_invalid');
  });

  it.each([
    PUBLIC, `${PUBLIC}/`, `${PUBLIC}/mcp/`, `${PUBLIC}/MCP`, `${PUBLIC}/mcp?x=1`, `${PUBLIC}/mcp/admin`, 'https://evil.example/mcp', '', [], ['https://evil.example/mcp'],
    undefined, null, { [`${PUBLIC}/mcp`]: true },
  ])('refuses audience %j', async (aud) => {
    expect(await bench.refusalOf(bench.mint.mint({ aud }))).toBe('token_invalid');
  });

  it('accepts our address among several audiences', async () => {
    expect(await bench.refusalOf(bench.mint.mint({ aud: ['https://other.example', `${PUBLIC}/mcp`] }))).toBe('admitted');
  });
});

describe('a token has a time (E5)', () => {
  it.each<[string, number, (seconds: number) => Record<string, unknown>, string]>([
    ['exp past by the skew and more', 5, (now) => ({ exp: now - 6 }), 'token_expired'],
    ['exp past by less', 5, (now) => ({ exp: now - 4 }), 'admitted'],
    ['exp past by 31 s under a skew of 30', 30, (now) => ({ exp: now - 31 }), 'token_expired'],
    ['exp past by 29 s under a skew of 30', 30, (now) => ({ exp: now - 29 }), 'admitted'],
    ['nbf in 31 s under a skew of 30', 30, (now) => ({ nbf: now + 31 }), 'token_invalid'],
    ['nbf in 29 s under a skew of 30', 30, (now) => ({ nbf: now + 29 }), 'admitted'],
    ['iat in 31 s under a skew of 30', 30, (now) => ({ iat: now + 31 }), 'token_invalid'],
    ['iat in 29 s under a skew of 30', 30, (now) => ({ iat: now + 29 }), 'admitted'],
    ['no exp', 5, () => ({ exp: undefined }), 'token_invalid'],
    ['exp as text', 5, (now) => ({ exp: String(now + 300) }), 'token_invalid'],
    ['nbf as text', 5, (now) => ({ nbf: String(now) }), 'token_invalid'],
    ['iat as text', 5, (now) => ({ iat: String(now) }), 'token_invalid'],
    ['no iat', 5, () => ({ iat: undefined }), 'token_invalid'],
    ['exp in the year 9999', 5, () => ({ exp: 253_402_300_799 }), 'token_invalid'],
    ['exp in milliseconds', 5, (now) => ({ exp: now * 1000 }), 'token_invalid'],
    ['exp null', 5, () => ({ exp: null }), 'token_invalid'],
    ['exp negative', 5, () => ({ exp: -1 }), 'token_expired'],
  ])('%s: %s', async (_name, clockSkewSeconds, change, outcome) => {
    const own = new DoorBench({ clockSkewSeconds });
    await own.person();
    own.time = Math.floor(own.time / 1000) * 1000;
    expect(await own.refusalOf(own.mint.mint(change(own.time / 1000)))).toBe(outcome);
  });

  it('ends for a remembered token as for a new one (J13)', async () => {
    const own = new DoorBench();
    await own.person();
    const token = own.mint.mint();
    expect(await own.refusalOf(token)).toBe('admitted');
    own.time += 306_000;
    expect(await own.refusalOf(token)).toBe('token_expired');
  });
});

describe('only access tokens are access tokens (E6)', () => {
  it.each(['JWT', 'id_token', 'rt+jwt', 'dpop+jwt', 'oauth-id-jag+jwt', 'at+jwtx', '', undefined, 7])('refuses typ %j', async (typ) => {
    expect(await bench.refusalOf(bench.mint.mint({}, { typ }))).toBe('token_invalid');
  });

  it.each(['at+jwt', 'AT+JWT', 'application/at+jwt'])('accepts typ %s', async (typ) => {
    expect(await bench.refusalOf(bench.mint.mint({}, { typ }))).toBe('admitted');
  });

  it('refuses what looks like a refresh token, a code or a requestState', async () => {
    for (const text of ['ory_rt_abcdefghijklmnop', 'AQ_state_state_state', 'a'.repeat(43), 'gh_short_secret']) expect(await bench.refusalOf(text)).toBe('token_invalid');
  });
});

describe('a machine and a person are never mistaken for each other (pitfall 16)', () => {
  it('judges a client by what the operator gave it, not by a user of the same name', async () => {
    const own = new DoorBench();
    await own.person('a-client', ['admin']);
    const token = own.mint.mint({ sub: 'a-client', client_id: 'a-client', epoch: undefined });
    expect(await own.refusalOf(token)).toBe('token_invalid');
    own.machines.set('a-client', { roles: ['analyst'], tenant: 'blue' });
    expect(await own.bearer(token)).toMatchObject({ kind: 'client', subject: 'a-client', roles: ['analyst'], tenant: 'blue' });
  });
});

describe('what cannot be read is refused before it is verified (E8)', () => {
  it('takes no token of more than 8 kB and none of 500 claims', async () => {
    const big = bench.mint.mint({ filler: 'x'.repeat(7000) });
    const many = bench.mint.mint(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`c${index}`, 1])));
    expect(await bench.refusalOf(big)).toBe('token_invalid');
    expect(await bench.refusalOf(many)).toBe('token_invalid');
  });

  it('takes a key set of its own for every issuer', async () => {
    const stranger = new TokenMint(PUBLIC, `${PUBLIC}/mcp`, aSigningKey('key-1'));
    expect(await bench.refusalOf(stranger.mint())).toBe('token_invalid');
  });
});
