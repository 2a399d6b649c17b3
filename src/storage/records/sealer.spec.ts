import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Sealer } from './sealer.js';

const random = { bytes: randomBytes };
const sealer = new Sealer({ current: 'one secret', previous: undefined }, random);
const secret = Uint8Array.of(1, 2, 3);

describe('a sealed secret', () => {
  it('opens under its name', () => {
    expect(sealer.open('signing', sealer.seal('signing', secret))).toEqual({ secret, stale: false });
  });

  it('does not open under another name (E14)', () => {
    const sealed = sealer.seal('signing', secret);
    expect(() => sealer.open('cookie', sealed)).toThrow('"cookie" was sealed under another GATEHOUSE_SECRET, or altered');
  });

  it('differs each time it is sealed', () => {
    expect(sealer.seal('signing', secret)).not.toEqual(sealer.seal('signing', secret));
  });

  it('does not open once any byte of it was altered, or when it is cut short', () => {
    const sealed = sealer.seal('signing', secret);
    for (let index = 0; index < sealed.length; index++) {
      const altered = sealed.with(index, (sealed[index] ?? 0) ^ 1);
      expect(() => sealer.open('signing', altered)).toThrow('altered');
      expect(() => sealer.open('signing', sealed.subarray(0, index))).toThrow('altered');
    }
  });

  it('is stale under a secret that has been replaced, and says nothing of it in its error', () => {
    const rotated = new Sealer({ current: 'two secrets', previous: 'one secret' }, random);
    expect(rotated.open('signing', sealer.seal('signing', secret))).toEqual({ secret, stale: true });
    expect(rotated.open('signing', rotated.seal('signing', secret))).toEqual({ secret, stale: false });
    expect(() => sealer.open('signing', rotated.seal('signing', secret))).toThrow(/^(?!.*(?:one secret|two secrets))/);
  });
});
