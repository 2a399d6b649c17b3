/** What every Revocations promises. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Stores } from '../../src/storage/durable-state.js';
import { AWKWARD } from '../support/people.js';
import { NOON, type MakePlace, type Place } from '../support/stores.js';

/** Runs the promises on one technology. */
export function describeRevocations(name: string, make: MakePlace): void {
  describe(`revocations in ${name}`, () => {
    let place: Place;
    let revocations: Stores['revocations'];
    beforeEach(async () => {
      place = await make();
      ({ revocations } = await place.open());
    });
    afterEach(() => place.close());

    it.each(['g1', AWKWARD])('refuse the grant %j in every process, until its time', async (grantId) => {
      const other = (await place.open()).revocations;
      expect(await other.isGrantRevoked(grantId)).toBe(false);
      await revocations.revokeGrant(grantId, NOON + 10);
      expect(await other.isGrantRevoked(grantId)).toBe(true);
      expect(await other.isGrantRevoked('another')).toBe(false);
      place.time.now = NOON + 11;
      expect(await other.isGrantRevoked(grantId)).toBe(false);
    });

    it('are never shortened', async () => {
      await revocations.revokeGrant('g1', NOON + 10);
      await revocations.revokeGrant('g1', NOON + 1);
      place.time.now = NOON + 10;
      expect(await revocations.isGrantRevoked('g1')).toBe(true);
      await revocations.revokeGrant('g1', NOON + 20);
      place.time.now = NOON + 20;
      expect(await revocations.isGrantRevoked('g1')).toBe(true);
    });

    it('are forgotten only when their time is over', async () => {
      await revocations.revokeGrant('g1', NOON + 10);
      await revocations.revokeGrant('g2', NOON + 20);
      await revocations.purge(NOON + 10);
      expect(await revocations.isGrantRevoked('g1')).toBe(true);
      await revocations.purge(NOON + 11);
      expect(await revocations.isGrantRevoked('g1')).toBe(false);
      expect(await revocations.isGrantRevoked('g2')).toBe(true);
    });

    it('raise the generation, which stays raised, for every process', async () => {
      const other = (await place.open()).revocations;
      const first = await other.generation();
      await revocations.revokeGrant('g1', NOON + 10);
      const second = await other.generation();
      await revocations.touch();
      const third = await other.generation();
      await revocations.purge(NOON + 99);
      expect(second).toBeGreaterThan(first);
      expect(third).toBeGreaterThan(second);
      expect(await revocations.generation()).toBe(third);
    });

    it('count every change of a race', async () => {
      const other = (await place.open()).revocations;
      const before = await revocations.generation();
      await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 ? revocations : other).touch()));
      expect(await other.generation()).toBe(before + 20);
    });
  });
}
