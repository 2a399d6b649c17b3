/** Narrowing of parsed JSON, without casts. */
import type { JsonObject, JsonValue, RequestId } from './message.js';

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for what may stand as a request's id; `null` may not. */
export function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || typeof value === 'number';
}

/** The member when it is an object, else undefined. */
export function objectAt(object: JsonObject, name: string): JsonObject | undefined {
  const value = object[name];
  return isObject(value) ? value : undefined;
}

/** The member when it is a string, else undefined. */
export function stringAt(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === 'string' ? value : undefined;
}

/** The same JSON with object members in one order, so that equal values have equal text. */
export function canonicalJson(value: JsonValue | undefined): string {
  return JSON.stringify(sorted(value ?? null));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.keys(value).toSorted().map((name) => [name, sorted(value[name] ?? null)]));
}
