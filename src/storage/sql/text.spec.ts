import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromDatabase, toDatabase } from './text.js';

describe('any text travels through a database (fact 6)', () => {
  const units = fc.array(fc.oneof(fc.integer({ min: 0, max: 0xFFFF }), fc.constantFrom(0, 0x1A, 0xD800, 0xDC00, 0x30, 0x64)))
    .map((codes) => String.fromCharCode(...codes));

  it('and comes back as it was, having been well-formed and without NUL on the way', () => {
    fc.assert(fc.property(units, (text) => {
      const stored = String(toDatabase(text));
      expect(stored.isWellFormed()).toBe(true);
      expect(stored).not.toContain('\0');
      expect(fromDatabase({ text: stored })).toEqual({ text });
    }));
  });

  it('differs from every other text on the way', () => {
    fc.assert(fc.property(units, units, (one, other) => {
      expect(toDatabase(one) === toDatabase(other)).toBe(one === other);
    }));
  });

  it.each(['plain', 'Ünïcödé 😀', '{"json":"\\u0000\\ud800"}', 'back\\slash', ''])('%j is stored as it is', (text) => {
    expect(toDatabase(text)).toBe(text);
  });

  it.each([undefined, null, 7, true])('%j is left alone', (value) => {
    expect(toDatabase(value)).toBe(value);
    expect(fromDatabase({ value })).toEqual({ value });
  });
});
