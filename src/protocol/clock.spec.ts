import { describe, expect, it } from 'vitest';
import { fraction } from './clock.js';

const of = (bytes: number[]): number => fraction({ bytes: (count) => Buffer.from(bytes.slice(0, count)) });

describe('a fraction', () => {
  it.each([[[0, 0], 0], [[0x80, 0], 0.5], [[0x40, 0], 0.25], [[0xff, 0xff], 65_535 / 65_536]])('of the bytes %j is %d: never below 0, never 1', (bytes, expected) => {
    expect(of(bytes)).toBe(expected);
  });
});
