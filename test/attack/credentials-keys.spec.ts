import { describe, expect, it } from 'vitest';
import { DoorBench } from '../support/door-bench.js';

const STATIC = 'eyJust-a-key-that-begins-like-a-token';

async function withKey(parts: { addresses?: string[]; scopes?: string[]; expiresAt?: number } = {}) {
  const bench = new DoorBench();
  return { bench, ...await bench.apiKeys.create({ name: 'ci', roles: ['developer'], ...parts }) };
}

describe('a key is made once, shown once, and kept as a keyed hash (E14)', () => {
  it('lets its holder in, as Bearer and as x-api-key, with roles of its own (R29, fault 11)', async () => {
    const { bench, key, text } = await withKey();
    const caller = { kind: 'key', issuer: 'local', subject: `key:${key.id}`, client: `key:${key.id}`, roles: ['developer'], scopes: ['*'], tenant: 'default' };
    expect(await bench.bearer(text)).toEqual(caller);
    expect(await bench.admit({ headers: { 'x-api-key': text } })).toEqual(caller);
    expect(text).toMatch(/^gh_[a-z2-7]{16}_[\w-]{43}$/);
  });

  it('keeps nothing a dump could use', async () => {
    const { bench, key, text } = await withKey();
    const secret = text.split('_').slice(2).join('_');
    const kept = await bench.keyStore.find(key.id);
    const dump = JSON.stringify(kept, (_name, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value));
    expect(dump).not.toContain(secret);
    expect(dump).not.toContain(Buffer.from(secret, 'base64url').toString('latin1'));
    expect(kept?.secretHash).toHaveLength(32);
  });

  it('is limited by its scopes where it has some', async () => {
    const { bench, text } = await withKey({ scopes: ['files:read'] });
    expect(await bench.bearer(text)).toMatchObject({ scopes: ['files:read'] });
  });
});

describe('a key stops working when its owner says so', () => {
  it('is revoked for the next request, remembered or not', async () => {
    const { bench, key, text } = await withKey();
    await bench.bearer(text);
    expect(await bench.apiKeys.revoke(key.id)).toBe(true);
    expect(await bench.refusalOf(text)).toBe('token_invalid');
    expect(await bench.apiKeys.rotate(key.id, 60)).toBeUndefined();
  });

  it('overlaps with its successor for as long as was said', async () => {
    const { bench, key, text } = await withKey();
    const next = await bench.apiKeys.rotate(key.id, 60);
    expect(await bench.refusalOf(text)).toBe('admitted');
    expect(await bench.refusalOf(next?.text ?? '')).toBe('admitted');
    bench.time += 61_000;
    expect(await bench.refusalOf(text)).toBe('token_invalid');
    expect(await bench.refusalOf(next?.text ?? '')).toBe('admitted');
  });

  it('expires, also while it is remembered', async () => {
    const { bench, text } = await withKey({ expiresAt: Date.now() + 10_000 });
    expect(await bench.refusalOf(text)).toBe('admitted');
    bench.time += 11_000;
    expect(await bench.refusalOf(text)).toBe('token_expired');
  });

  it('takes new roles at once', async () => {
    const { bench, key, text } = await withKey();
    await bench.bearer(text);
    await bench.apiKeys.change(key.id, { roles: ['analyst'] });
    expect(await bench.bearer(text)).toMatchObject({ roles: ['analyst'] });
  });
});

describe('a key may be bound to addresses (R57)', () => {
  it.each([
    ['198.51.100.7', 'admitted'], ['::ffff:198.51.100.7', 'admitted'], ['198.51.101.7', 'access_denied'], ['2001:db8::1', 'admitted'], ['2001:db9::1', 'access_denied'],
    ['', 'access_denied'],
  ])('from %s: %s', async (address, outcome) => {
    const { bench, text } = await withKey({ addresses: ['198.51.100.0/24', '2001:db8::/32'] });
    expect(await bench.refusal({ authorization: `Bearer ${text}`, address })).toBe(outcome);
  });

  it('is judged by the address of each request, also while it is remembered', async () => {
    const { bench, text } = await withKey({ addresses: ['198.51.100.7'] });
    expect(await bench.refusal({ authorization: `Bearer ${text}`, address: '198.51.100.7' })).toBe('admitted');
    expect(await bench.refusal({ authorization: `Bearer ${text}`, address: '198.51.100.8' })).toBe('access_denied');
  });

  it.each(['10.0.0.0/33', '10.0.0', 'anywhere', '2001:db8::/129', ''])('cannot be bound to %j', async (range) => {
    await expect(withKey({ addresses: [range] })).rejects.toThrow(/not an address/);
  });
});

describe('guessing is slow, and nobody locks the owner out (E12)', () => {
  it('answers wrong keys later and later, and the right one at once', async () => {
    const { bench, key, text } = await withKey();
    const guess = `gh_${key.id}_${'A'.repeat(43)}`;
    for (let round = 0; round < 5; round += 1) await bench.refusalOf(guess);
    const started = performance.now();
    expect(await bench.refusalOf(guess)).toBe('token_invalid');
    expect(performance.now() - started).toBeGreaterThan(80);
    const asked = performance.now();
    expect(await bench.refusalOf(text)).toBe('admitted');
    expect(performance.now() - asked).toBeLessThan(80);
  });

  it('slows a key down whatever the address, and an address whatever the key', async () => {
    const { bench, key } = await withKey();
    const time = async (guess: string, address: string): Promise<number> => {
      const started = performance.now();
      await bench.refusal({ authorization: `Bearer ${guess}`, address });
      return performance.now() - started;
    };
    for (let round = 0; round < 6; round += 1) await time(`gh_${key.id}_${'B'.repeat(43)}`, `203.0.113.${round}`);
    expect(await time(`gh_${key.id}_${'C'.repeat(43)}`, '203.0.113.99')).toBeGreaterThan(80);
    for (let round = 0; round < 6; round += 1) await time(`not-a-key-${round}`, '198.51.100.1');
    expect(await time('not-a-key-again', '198.51.100.1')).toBeGreaterThan(80);
  });

  it('takes 64 bits of an IPv6 address for one guesser, who may have all of them, and no more', async () => {
    const { bench } = await withKey();
    const guess = (address: string): Promise<string> => bench.refusal({ authorization: 'Bearer not-a-key', address }).then(() => address);
    for (let round = 0; round < 6; round += 1) await guess(`2001:db8:0:1::${round}`);
    const [same, neighbour] = ['2001:db8:0:1:ffff::7', '2001:db8:0:2::1'];
    expect(await Promise.race([guess(same), guess(neighbour)])).toBe(neighbour);
  });

  it('holds only so many answers back, and turns the rest away with a time', async () => {
    const { bench, key, text } = await withKey();
    const guesses = await Promise.all(Array.from({ length: 300 }, (_, index) => bench.fault({ authorization: `Bearer gh_${key.id}_${String(index).padStart(43, 'x')}` })));
    const refusals = new Set(guesses.map((raised) => raised?.fault));
    expect([...refusals].every((name) => name === 'token_invalid' || name === 'overloaded')).toBe(true);
    expect(await bench.refusalOf(text)).toBe('admitted');
  });
});

describe('the use of a key is noted, not each use', () => {
  it('writes once a minute at most', async () => {
    const { bench, key, text } = await withKey();
    const first = bench.time;
    await bench.bearer(text);
    bench.time += 30_000;
    await bench.bearer(text);
    expect((await bench.apiKeys.find(key.id))?.lastUsedAt).toBe(first);
    bench.time += 31_000;
    await bench.bearer(text);
    expect((await bench.apiKeys.find(key.id))?.lastUsedAt).toBe(first + 61_000);
  });
});

describe('keys of the environment work, as a simple mode (R25, R27, R29, R252)', () => {
  it.each([['apiKey', 'MCP_API_KEY'], ['authToken', 'MCP_AUTH_TOKEN']])('%s lets in, even where it begins like a token (fault 13)', async (setting, subject) => {
    const bench = new DoorBench({ [setting]: STATIC, simpleRoles: ['developer'] });
    expect(await bench.bearer(STATIC)).toMatchObject({ kind: 'key', subject, roles: ['developer'] });
    expect(await bench.refusal({ headers: { 'x-api-key': STATIC } })).toBe('admitted');
    for (const wrong of [`${STATIC}x`, STATIC.slice(0, -1), STATIC.toUpperCase()]) expect(await bench.refusalOf(wrong)).toBe('token_invalid');
  });

  it('refuses them where they are not configured', async () => {
    expect(await new DoorBench().refusalOf(STATIC)).toBe('token_invalid');
  });
});
