/** Unpredictable bytes, drawn from the system a pool at a time: one small draw costs as much as a large one. */
import { randomFillSync } from 'node:crypto';
import type { Random } from '../protocol/clock.js';

const POOL_BYTES = 4096;

/** Each byte is given out once and wiped behind it. */
export function pooledRandom(): Random {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return {
    bytes(count) {
      if (count > POOL_BYTES) return randomFillSync(Buffer.alloc(count));
      if (used + count > POOL_BYTES) {
        randomFillSync(pool);
        used = 0;
      }
      const drawn = Buffer.from(pool.subarray(used, used + count));
      pool.fill(0, used, used + count);
      used += count;
      return drawn;
    },
  };
}
