import { describe, expect, it } from 'vitest';
import { guest } from '../../protocol/caller.js';
import { CredentialCache } from './credential-cache.js';
import { Verified } from './verified.js';

const verdict = (options: ConstructorParameters<typeof Verified>[2] = {}): Verified => new Verified('token', guest, options);
const bounds = { entries: 3, ageMs: 1000 };

describe('verdicts are remembered within bounds of number, time and revocation', () => {
  it('forgets the oldest when there are too many', () => {
    const cache = new CredentialCache(bounds);
    for (const key of ['a', 'b', 'c', 'd']) cache.add(key, verdict(), 1, 0);
    expect([cache.size, cache.find('a', 1, 0), cache.find('d', 1, 0) !== undefined]).toEqual([3, undefined, true]);
  });

  it.each<[string, ConstructorParameters<typeof Verified>[2], number]>([
    ['its age', {}, 1000], ['the end of the credential', { expiresAt: 400 }, 400], ['what the issuer allows', { rememberMs: 200 }, 200],
  ])('ends with %s', (_name, options, end) => {
    const cache = new CredentialCache(bounds);
    cache.add('a', verdict(options), 1, 0);
    expect([cache.find('a', 1, end - 1) !== undefined, cache.find('a', 1, end)]).toEqual([true, undefined]);
    expect(cache.size).toBe(0);
  });

  it('keeps nothing that has ended already', () => {
    const cache = new CredentialCache(bounds);
    cache.add('a', verdict({ expiresAt: 10 }), 1, 10);
    expect(cache.size).toBe(0);
  });

  it('is worth nothing at another generation', () => {
    const cache = new CredentialCache(bounds);
    cache.add('a', verdict(), 1, 0);
    expect(cache.find('a', 2, 0)).toBeUndefined();
  });

  it('holds hashes, not credentials', () => {
    expect(CredentialCache.keyOf('a-secret')).toMatch(/^[\w-]{43}$/);
    expect(CredentialCache.keyOf('a-secret')).not.toBe(CredentialCache.keyOf('a-secret '));
  });
});
