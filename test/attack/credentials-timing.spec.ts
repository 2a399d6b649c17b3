import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hashOfKey, isOneOf, newKeyId, newKeySecret, NO_HASH } from '../../src/auth/credentials/key-text.js';
import { StaticKeys } from '../../src/auth/credentials/static-keys.js';

const SAMPLES = 100_000;
const COPIES = 61;
const random = { bytes: (count: number): Buffer => randomBytes(count) };

/**
 * Welch's t between the times of two cases, taken in random turns; the slowest tenth is the machine's and not the code's.
 * A sample is several calls where one alone is shorter than a clock can tell.
 */
function tBetween<T>(act: (input: T) => unknown, make: readonly [() => T, () => T], calls: number): number {
  // Many copies of each: where one of them lies in memory takes its time, too.
  const inputs = make.map((one) => Array.from({ length: COPIES }, one));
  const times: [number[], number[]] = [[], []];
  const turns = randomBytes(SAMPLES);
  for (let index = 0; index < SAMPLES; index += 1) {
    const which = (turns[index] ?? 0) % 2 === 0 ? 0 : 1;
    const input = inputs[which]?.[index % COPIES];
    if (input === undefined) continue;
    const started = process.hrtime.bigint();
    for (let call = 0; call < calls; call += 1) act(input);
    times[which].push(Number(process.hrtime.bigint() - started));
  }
  const limit = times.flat().toSorted((a, b) => a - b)[Math.floor(SAMPLES * 0.9)] ?? Infinity;
  const [a, b] = times.map((all) => momentsOf(all.filter((time) => time <= limit)));
  return a && b ? (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count) : Number.NaN;
}

function momentsOf(values: readonly number[]): { mean: number; variance: number; count: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1), count: values.length };
}

/** The best of eight: a machine that is busy with other things disturbs one run, a leak shows in all of them. */
function leaks<T>(act: (input: T) => unknown, make: readonly [() => T, () => T], calls = 10): boolean {
  for (let run = 0; run < 8; run += 1) if (Math.abs(tBetween(act, make, calls)) < 4.5) return false;
  return true;
}

function flipped(bytes: Buffer, at: number): Buffer {
  // Memory of its own: what shares a pool may lie differently in the caches.
  const copy = Buffer.alloc(bytes.length);
  bytes.copy(copy);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** A text in one piece; one put together from others is joined at its first use. */
function flat(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

describe('comparing takes the same time wherever the first difference lies (E13)', () => {
  const pepper = randomBytes(32);
  const kept = hashOfKey(pepper, { id: newKeyId(random), secret: newKeySecret(random) });
  const early = (): Buffer => flipped(kept, 0);
  const late = (): Buffer => flipped(kept, 31);

  it('would notice a comparison that stops at the first difference', () => {
    const stops = (given: Buffer): boolean => {
      for (let at = 0; at < kept.length; at += 1) if (given[at] !== kept[at]) return false;
      return true;
    };
    expect(leaks(stops, [early, late])).toBe(true);
  }, 60_000);

  it('the first and the last byte of a hash', () => {
    expect(leaks((given: Buffer) => isOneOf(given, [kept, NO_HASH]), [early, late])).toBe(false);
  }, 60_000);

  it('a wrong hash and an unknown key', () => {
    const given = early();
    expect(leaks((compared: Uint8Array[]) => isOneOf(given, compared), [() => [Uint8Array.from(late()), NO_HASH], () => [Uint8Array.from(NO_HASH), NO_HASH]])).toBe(false);
  }, 60_000);

  it('first and last character of a key of the environment', () => {
    const key = createHmac('sha256', 'x').update('y').digest('base64url');
    const keys = new StaticKeys({ apiKey: key, authToken: undefined, simpleRoles: [] }, random);
    expect(leaks((given: string) => keys.find(given), [() => flat(`!${key.slice(1)}`), () => flat(`${key.slice(0, -1)}!`)], 1)).toBe(false);
  }, 60_000);
});
