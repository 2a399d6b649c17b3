/** Damaged messages of every revision, the short form of `npm run fuzz` (row A26). */
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fuzzer } from '../load/fuzz/fuzzer.js';
import { SLACK_BYTES } from '../load/fuzz/baseline.js';
import type { WireServer } from '../support/wire.js';

const COUNT = 1500;
const SEEDS = [20261120, randomInt(2 ** 31)];

let server: WireServer;
beforeAll(async () => {
  server = await Fuzzer.server();
});
afterAll(() => server.stop());

describe('whatever comes, every message is answered, validly and without a defect (A26)', () => {
  it.each(SEEDS)(`holds for ${COUNT} messages of seed %i`, async (seed) => {
    process.stdout.write(`fuzz: seed ${seed}; again: npm run fuzz -- --count ${COUNT} --seed ${seed}\n`);
    const fuzzer = new Fuzzer(server);
    await fuzzer.run({ seed, from: 0, to: COUNT, lines: 32 });
    expect(fuzzer.findings).toEqual([]);
    // Of a run in which nothing was served, or nothing refused, nothing could be learnt.
    expect(fuzzer.statuses.get('200')).toBeGreaterThan(COUNT / 20);
    expect(fuzzer.statuses.get('400')).toBeGreaterThan(COUNT / 20);
  }, 240_000);

  it('holds no more after a second run than after the first', async () => {
    const before = await server.gauges();
    await new Fuzzer(server).run({ seed: 1, from: 0, to: COUNT, lines: 32 });
    const after = await server.gauges();
    expect(after.heldBytes).toBeLessThan(before.heldBytes + SLACK_BYTES);
    await server.ledger();
    expect(await server.ledger()).toEqual([]);
  }, 240_000);
});
