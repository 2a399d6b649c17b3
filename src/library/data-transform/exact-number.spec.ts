import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExact, isPlainNumber, parseJson } from './exact-number.js';

describe('a number stays a number only while it keeps its digits', () => {
  it.each(['0', '-1', '19.90', '0.1', '9007199254740991', '1e3', '1e30', '1.0000000000000000'])('carries %s', (source) => {
    expect(isExact(source)).toBe(true);
  });

  it.each(['12345678901234567890', '9007199254740993', '1000000000000000000000', '0.12345678901234567891', '1e400', '1e-400'])('does not carry %s', (source) => {
    expect(isExact(source)).toBe(false);
  });

  it.each(['00123', '+1', '1e3', '.5', '5.', ' 1', '', '0x1F', 'NaN', '1,5', '--1', '0.00000001'])('does not take the cell "%s" for a number', (cell) => {
    expect(isPlainNumber(cell)).toBe(false);
  });

  it('carries every fraction a double prints', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true }), (value) => {
      expect(isExact(String(value))).toBe(true);
    }));
  });

  it('carries an integer exactly when it comes back the same', () => {
    fc.assert(fc.property(fc.bigInt({ min: 0n, max: 10n ** 25n }), (value) => {
      expect(!isExact(String(value)) || BigInt(Number(value)) === value).toBe(true);
    }));
  });

  it('writes a plain number without an exponent and without changing its value', () => {
    fc.assert(fc.property(fc.stringMatching(/^-?\d{1,20}(\.\d{1,12})?$/), (cell) => {
      const shortest = cell.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '').replace(/^-0$/, '0');
      expect(!isPlainNumber(cell) || String(Number(cell)) === shortest).toBe(true);
    }));
  });

  it('parses JSON like JSON.parse wherever no digit is at stake', () => {
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null), fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 4 })),
    }));
    fc.assert(fc.property(tree, (value) => {
      const text = JSON.stringify(value);
      expect(parseJson(text)).toEqual(JSON.parse(text));
    }));
  });
});
