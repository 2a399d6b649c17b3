import { describe, expect, it } from 'vitest';
import { MemoryRateCounter } from '../../src/storage/memory/rate-counter.memory.js';
import { MemorySlots } from '../../src/storage/memory/slots.memory.js';
import { describeLimits } from './limits.contract.js';

describeLimits('this process', async () => {
  const time = { now: 1_780_000_000_000 };
  const stores = { rates: new MemoryRateCounter({ now: () => time.now }), slots: new MemorySlots() };
  return { open: async () => stores, pass: (ms) => (time.now += ms), close: async () => {} };
});

describe('windows in this process are bounded (P4)', () => {
  it('gives up the oldest for a newcomer beyond their number', async () => {
    const rates = new MemoryRateCounter({ now: () => 0 }, 100);
    const rule = { name: 'test', most: 1, windowMs: 1000 };
    for (let key = 0; key <= 100; key++) await rates.take(rule, String(key));
    expect(await rates.take(rule, '100')).toMatchObject({ taken: false });
    expect(await rates.take(rule, '1')).toMatchObject({ taken: false });
    expect(await rates.take(rule, '0')).toMatchObject({ taken: true });
  });
});
