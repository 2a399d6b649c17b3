/** Reads claims wherever an issuer has put them. */
import { isObject } from '../../protocol/json.js';
import type { JsonObject, JsonValue } from '../../protocol/message.js';

const MAX_VALUES = 500;
const WORD = /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/;

/** The value under a path: a claim of exactly this name, else names separated by dots that lead into objects. */
export function claimAt(claims: JsonObject, path: string): JsonValue | undefined {
  if (Object.hasOwn(claims, path)) return claims[path];
  // Names may hold dots themselves, as in `resource_access.my.client.roles`: the longest name that is there wins.
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    const inner = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (isObject(inner)) return claimAt(inner, path.slice(dot + 1));
  }
  return undefined;
}

/** The first of several paths that leads to a text. */
export function textClaim(claims: JsonObject, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const value = claimAt(claims, path);
    if (typeof value === 'string' && value !== '' && value.length <= 2048) return value;
  }
  return undefined;
}

/** All words under several paths: lists as they are, texts split at spaces, each word once. */
export function wordsClaim(claims: JsonObject, paths: readonly string[]): string[] {
  const words = paths.flatMap((path) => {
    const value = claimAt(claims, path);
    if (typeof value === 'string') return value.split(/[\s,]+/);
    return Array.isArray(value) ? value.slice(0, MAX_VALUES) : [];
  });
  return [...new Set(words.filter((word): word is string => typeof word === 'string' && WORD.test(word)))].slice(0, MAX_VALUES);
}
