/** Row C4: ids are drawn from balanced bits and none comes twice, though many are drawn from one pool. */
import { describe, expect, it } from 'vitest';
import { pooledRandom } from './random.js';

const DRAWS = 1_000_000;
const BYTES = 24;

describe('random bytes', () => {
  it('make a million ids without a collision, every bit within five standard deviations of even', () => {
    const random = pooledRandom();
    const ids = new Set<string>();
    const histogram = Array.from({ length: BYTES }, () => new Uint32Array(256));
    for (let draw = 0; draw < DRAWS; draw++) {
      const id = random.bytes(BYTES);
      ids.add(id.toString('latin1'));
      for (let at = 0; at < BYTES; at++) {
        const counts = histogram[at];
        if (counts) counts[id[at] ?? 0] = (counts[id[at] ?? 0] ?? 0) + 1;
      }
    }
    expect(ids.size).toBe(DRAWS);
    const ones = histogram.flatMap((counts) => Array.from({ length: 8 }, (_, bit) => counts.reduce((sum, count, value) => sum + (value >> bit & 1 ? count : 0), 0)));
    for (const count of ones) expect(Math.abs(count - DRAWS / 2)).toBeLessThan(5 * Math.sqrt(DRAWS) / 2);
  });

  it('are as many as asked for, also more than a pool holds', () => {
    const random = pooledRandom();
    expect([0, 1, 4095, 4096, 4097, 100_000].map((count) => random.bytes(count).length)).toEqual([0, 1, 4095, 4096, 4097, 100_000]);
  });

  it('stay what they were when more are drawn', () => {
    const random = pooledRandom();
    const kept = random.bytes(64);
    const before = Buffer.from(kept);
    for (let draw = 0; draw < 1000; draw++) random.bytes(64).fill(0);
    expect(kept.equals(before)).toBe(true);
    expect(kept.every((byte) => byte === 0)).toBe(false);
  });

  it('differ between two sources', () => {
    expect(pooledRandom().bytes(16).equals(pooledRandom().bytes(16))).toBe(false);
  });
});
