/** stdio: lines are cut alike however the pipe cuts its chunks, and none grows beyond its bound (P4). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from './lines.js';

/** The chunks of `bytes`, cut at the given places. */
function chunks(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}

async function lines(source: Iterable<Buffer>, maxBytes = 1000): Promise<string[]> {
  const found: string[] = [];
  for await (const line of linesOf(from(source), maxBytes)) found.push('tooLong' in line ? 'too long' : line.bytes.toString('latin1'));
  return found;
}

async function* from(source: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* source;
}

describe('lines', () => {
  it('are the same however the stream is cut into chunks', async () => {
    const text = fc.array(fc.constantFrom('a', 'é', '😀', '\n', '\r', ' ', '\0', '\u2028'), { maxLength: 60 }).map((parts) => Buffer.from(parts.join('')));
    await fc.assert(fc.asyncProperty(text, fc.array(fc.nat(200), { maxLength: 10 }), fc.integer({ min: 1, max: 20 }), async (bytes, cuts, maxBytes) => {
      const complete = bytes.toString('latin1').split('\n').slice(0, -1);
      const expected = complete.filter((line) => line !== '').map((line) => (line.length > maxBytes ? 'too long' : line));
      expect(await lines(chunks(bytes, cuts), maxBytes)).toEqual(expected);
    }));
  });

  it('of exactly the bound are taken, one byte more is too much', async () => {
    expect(await lines([Buffer.from('aaaa\naaaaa\n')], 4)).toEqual(['aaaa', 'too long']);
    expect(await lines([...Buffer.from('aaaa\naaaaa\n')].map((byte) => Buffer.of(byte)), 4)).toEqual(['aaaa', 'too long']);
  });

  it('are taken again after one that was too long, and that one is told of once', async () => {
    const long = Array.from({ length: 100 }, () => Buffer.alloc(100, 'x'));
    expect(await lines([...long, Buffer.from('\nok\n')], 50)).toEqual(['too long', 'ok']);
  });

  it('are only whole ones: what the stream breaks off is no message', async () => {
    expect(await lines([Buffer.from('one\ntw')])).toEqual(['one']);
    expect(await lines([])).toEqual([]);
  });

  it('hold no memory of one that is too long', async () => {
    let held = 0;
    function* endless(): Generator<Buffer> {
      for (let chunk = 0; chunk < 2000; chunk++) {
        yield Buffer.alloc(64 * 1024, 'x');
        if (chunk === 1000) held = process.memoryUsage().arrayBuffers;
      }
      yield Buffer.from('\n');
    }
    expect(await lines(endless(), 1024)).toEqual(['too long']);
    expect(held).toBeLessThan(60 * 1024 ** 2);
  });
});
