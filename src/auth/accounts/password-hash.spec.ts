import { describe, expect, it } from 'vitest';
import { DEFAULT_COST, decoyHash, hashPassword, isStale, matchesHash } from './password-hash.js';

const cheap = { log2: 4, blockSize: 8, parallelism: 1 };
const salt = Buffer.from('0123456789abcdef');

describe('a password is kept as a memory-hard hash (E14)', () => {
  it('at 32 MiB or more for each guess', () => {
    expect(128 * 2 ** DEFAULT_COST.log2 * DEFAULT_COST.blockSize).toBeGreaterThanOrEqual(32 * 1024 ** 2);
  });

  it('that says how it was made and does not hold the password', async () => {
    const hash = await hashPassword('correct horse battery staple', cheap, salt);
    expect(hash).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(hash).not.toContain('correct');
  });

  it('that only the same password matches, however its letters were composed', async () => {
    const hash = await hashPassword('Ärger im Büro 1', cheap, salt);
    expect(await matchesHash('A\u0308rger im Bu\u0308ro 1', hash)).toBe(true);
    expect(await matchesHash('ärger im Büro 1', hash)).toBe(false);
    expect(await matchesHash('', hash)).toBe(false);
  });

  it('that is stale once the cost has changed', async () => {
    const hash = await hashPassword('correct horse', cheap, salt);
    expect(isStale(hash, cheap)).toBe(false);
    expect(isStale(hash, { ...cheap, log2: 5 })).toBe(true);
    expect(isStale(hash, { ...cheap, parallelism: 2 })).toBe(true);
  });

  it('that no password matches where it is a decoy', async () => {
    expect(await matchesHash('', decoyHash(cheap))).toBe(false);
  });

  it.each(['', 'plain', '$scrypt$ln=99,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', '$2b$10$abc'])(
    'and a forged one, %j, is not worked on', async (hash) => {
      await expect(matchesHash('x', hash)).rejects.toThrow('malformed');
    });
});
