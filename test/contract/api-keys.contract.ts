/** What every ApiKeyStore promises. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiKeyChanges } from '../../src/auth/api-keys.port.js';
import type { Stores } from '../../src/storage/durable-state.js';
import { AWKWARD, aKey } from '../support/people.js';
import { NOON, type MakePlace, type Place } from '../support/stores.js';

/** Runs the promises on one technology. */
export function describeApiKeyStore(name: string, make: MakePlace): void {
  describe(`keys in ${name}`, () => {
    let place: Place;
    let stores: Stores;
    beforeEach(async () => {
      place = await make();
      stores = await place.open();
    });
    afterEach(() => place.close());

    const rotating = aKey({ previousHash: Uint8Array.of(9), previousUntil: NOON, expiresAt: NOON, revokedAt: NOON, lastUsedAt: NOON });

    it.each([
      ['with little', aKey({ roles: [], scopes: [], addresses: [] })],
      ['with everything', rotating],
      ['in awkward text (fact 6)', aKey({ id: AWKWARD, name: AWKWARD, roles: [AWKWARD], scopes: [AWKWARD], tenant: AWKWARD })],
    ])('keep a key %s', async (_case, key) => {
      expect(await stores.apiKeys.add(key)).toBe(true);
      expect(await stores.apiKeys.find(key.id)).toStrictEqual(key);
      expect(await stores.apiKeys.add({ ...key, name: 'another' })).toBe(false);
      expect(await stores.apiKeys.find(key.id)).toStrictEqual(key);
    });

    it('know no key they were not told of', async () => {
      expect(await stores.apiKeys.find('k-unknown')).toBeUndefined();
      expect(await stores.apiKeys.update('k-unknown', { revokedAt: NOON })).toBeUndefined();
      expect(await stores.apiKeys.list(undefined, 10)).toEqual([]);
    });

    it.each<[string, ApiKeyChanges]>([
      ['a rotation', { secretHash: Uint8Array.of(7), previousHash: Uint8Array.of(0, 1), previousUntil: NOON }],
      ['the end of a rotation', { previousHash: undefined, previousUntil: undefined }],
      ['other rights', { roles: ['admin'], scopes: [], addresses: ['::1/128'] }],
      ['a revocation', { revokedAt: NOON }],
      ['no expiry any more', { expiresAt: undefined }],
    ])('change a key by %s, which raises the generation', async (_case, changes) => {
      await stores.apiKeys.add(rotating);
      const before = await stores.revocations.generation();
      expect(await stores.apiKeys.update(rotating.id, changes)).toStrictEqual({ ...rotating, ...changes });
      expect(await stores.apiKeys.find(rotating.id)).toStrictEqual({ ...rotating, ...changes });
      expect(await stores.revocations.generation()).toBeGreaterThan(before);
    });

    it('note a use without throwing verified credentials away', async () => {
      await stores.apiKeys.add(aKey());
      const before = await stores.revocations.generation();
      expect(await stores.apiKeys.update('k-build', { lastUsedAt: NOON })).toMatchObject({ lastUsedAt: NOON });
      expect(await stores.revocations.generation()).toBe(before);
    });

    it('list keys by id in pages', async () => {
      for (const id of ['b', 'a', 'C', 'é', '1']) await stores.apiKeys.add(aKey({ id }));
      const first = await stores.apiKeys.list(undefined, 3);
      const rest = await stores.apiKeys.list(first.at(-1)?.id, 3);
      expect([...first, ...rest].map(({ id }) => id)).toEqual(['1', 'C', 'a', 'b', 'é']);
    });

    it('keep a revocation that races with a note of use in another process', async () => {
      const other = await place.open();
      for (let round = 0; round < 10; round++) {
        const id = `k-${round}`;
        await stores.apiKeys.add(aKey({ id }));
        await Promise.all([stores.apiKeys.update(id, { revokedAt: NOON }), other.apiKeys.update(id, { lastUsedAt: NOON })]);
        expect(await stores.apiKeys.find(id)).toMatchObject({ revokedAt: NOON, lastUsedAt: NOON });
      }
    });
  });
}
