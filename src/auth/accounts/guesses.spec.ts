import { describe, expect, it } from 'vitest';
import { Guesses } from './guesses.js';

function guesses() {
  const time = { now: 1_780_000_000_000 };
  return { time, guesses: new Guesses({ now: () => time.now }) };
}

describe('guessing is slowed per account and per address (F13)', () => {
  it('ten thousand guesses at one account from ten thousand addresses: a handful is judged within a minute', () => {
    const { guesses: counter, time } = guesses();
    let judged = 0;
    for (let guess = 0; guess < 10_000; guess++) {
      if (counter.begin({ login: 'anna', address: `10.0.${guess >> 8}.${guess & 255}`, device: undefined }) === 0) judged++;
      time.now += 6;
    }
    expect(judged).toBeLessThanOrEqual(12);
  });

  it('ten thousand guesses at ten thousand accounts from one address: a handful is judged within a minute', () => {
    const { guesses: counter, time } = guesses();
    let judged = 0;
    for (let guess = 0; guess < 10_000; guess++) {
      if (counter.begin({ login: `person ${guess}`, address: '203.0.113.7', device: undefined }) === 0) judged++;
      time.now += 6;
    }
    expect(judged).toBeLessThanOrEqual(38);
  });

  it('does not lock out the owner on a device that is known', () => {
    const { guesses: counter } = guesses();
    for (let guess = 0; guess < 1000; guess++) counter.begin({ login: 'anna', address: '203.0.113.7', device: undefined });
    expect(counter.begin({ login: 'anna', address: '203.0.113.7', device: undefined })).toBeGreaterThan(0);
    expect(counter.begin({ login: 'anna', address: '203.0.113.7', device: 'laptop' })).toBe(0);
  });

  it('slows a stolen device cookie by itself', () => {
    const { guesses: counter } = guesses();
    const waits = Array.from({ length: 100 }, () => counter.begin({ login: 'anna', address: '203.0.113.7', device: 'stolen' }));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
  });

  it('counts one account however its login is spelt', () => {
    const { guesses: counter } = guesses();
    const passed = Array.from({ length: 50 }, (_, index) => counter.begin({ login: [' anna', 'Anna', 'ANNA '][index % 3] ?? '', address: `10.0.0.${index}`, device: undefined }));
    expect(passed.filter((wait) => wait === 0)).toHaveLength(5);
  });
});
