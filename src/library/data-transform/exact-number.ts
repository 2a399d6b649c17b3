/** Decides which written numbers a double can carry. The others stay text: an id must not lose its last digits. */

/** The digits a double always carries (IEEE 754 binary64). */
const SAFE_DIGITS = 15;
const PLAIN = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** A number that could be too long, or one with an exponent. */
const SUSPICIOUS = /\d[\d.]{15}|\d[eE]/;

/** True when the number keeps every digit it was written with, apart from zeros that mean nothing. */
export function isExact(source: string): boolean {
  const value = Number(source);
  if (!Number.isFinite(value)) return false;
  const digits = source.replace(/[eE].*$/, '').replace(/[-+.]/g, '').replace(/^0+|0+$/g, '');
  if (value === 0) return digits === '';
  // Written out, so it is meant digit by digit; beyond 2^53 a double prints others or falls into 1e+21.
  if (Number.isInteger(value) && !/[eE]/.test(source)) return Number.isSafeInteger(value);
  return digits.length <= SAFE_DIGITS || String(value) === source;
}

/** True for what a person would call a number in a table: no leading zeros, no sign but a minus, no exponent now or when written again. */
export function isPlainNumber(source: string): boolean {
  return PLAIN.test(source) && isExact(source) && !String(Number(source)).includes('e');
}

/** `JSON.parse`, except that a number too long for a double becomes the text it was written as. */
export function parseJson(text: string): unknown {
  return SUSPICIOUS.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

// The third argument is ECMAScript's "JSON.parse source text access", which the compiler's library lacks.
function keepDigits(_key: string, value: unknown, ...[context]: unknown[]): unknown {
  if (typeof value !== 'number' || typeof context !== 'object' || context === null) return value;
  if (!('source' in context) || typeof context.source !== 'string') return value;
  return isExact(context.source) ? value : context.source;
}
