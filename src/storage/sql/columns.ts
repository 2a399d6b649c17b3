/** Reads columns: what a store gives is checked before it is believed. */
import { isObject } from '../../protocol/json.js';
import type { JsonObject } from '../../protocol/message.js';

/** A list of texts, kept as JSON. */
export function readTexts(column: string): string[] {
  const value: unknown = JSON.parse(column);
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new TypeError('The database holds something else where a list of texts belongs');
}

/** A JSON object. */
export function readObject(column: string): JsonObject {
  const value: unknown = JSON.parse(column);
  if (isObject(value)) return value;
  throw new TypeError('The database holds something else where a JSON object belongs');
}

/** Bytes, in an array of their own: drivers lend parts of larger buffers. */
export function readBytes(column: Uint8Array): Uint8Array {
  return Uint8Array.from(column);
}

/** A flag as both databases keep it. */
export function writeFlag(flag: boolean): number {
  return flag ? 1 : 0;
}
