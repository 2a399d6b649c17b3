/** What every Vault promises. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Stores } from '../../src/storage/durable-state.js';
import { AWKWARD } from '../support/people.js';
import { serverSecret, type MakePlace, type Place } from '../support/stores.js';

const rotated = { current: 'second-secret-Zx8bN3mQ6vL1kT5yJ2', previous: serverSecret.current };
const onlyNew = { current: rotated.current, previous: undefined };

/** Runs the promises on one technology. */
export function describeVault(name: string, make: MakePlace): void {
  describe(`the vault in ${name}`, () => {
    let place: Place;
    let vault: Stores['vault'];
    beforeEach(async () => {
      place = await make();
      ({ vault } = await place.open());
    });
    afterEach(() => place.close());

    it.each([
      ['empty', 'a', new Uint8Array()], ['short', 'a', Uint8Array.of(0, 255)], ['long', 'a', new Uint8Array(100_000).fill(7)],
      ['awkwardly named (fact 6)', AWKWARD, Uint8Array.of(1)],
    ])('keeps a secret that is %s', async (_case, secretName, secret) => {
      expect(await vault.put(secretName, secret, false)).toBe(true);
      expect(await vault.find(secretName)).toStrictEqual(secret);
      expect(await vault.names('')).toEqual([secretName]);
    });

    it('replaces a secret only when asked to', async () => {
      await vault.put('a', Uint8Array.of(1), false);
      expect(await vault.put('a', Uint8Array.of(2), false)).toBe(false);
      expect(await vault.find('a')).toEqual(Uint8Array.of(1));
      expect(await vault.put('a', Uint8Array.of(3), true)).toBe(true);
      expect(await vault.find('a')).toEqual(Uint8Array.of(3));
      expect(await vault.put('b', Uint8Array.of(4), true)).toBe(true);
    });

    it('removes a secret once', async () => {
      await vault.put('a', Uint8Array.of(1), false);
      expect(await vault.remove('a')).toBe(true);
      expect(await vault.remove('a')).toBe(false);
      expect(await vault.find('a')).toBeUndefined();
    });

    it('names what begins with a prefix, to the letter', async () => {
      for (const secretName of ['key/2', 'key/1', 'KEY/3', 'key%', 'k_y/4', 'é', 'other']) await vault.put(secretName, Uint8Array.of(1), false);
      expect(await vault.names('key/')).toEqual(['key/1', 'key/2']);
      expect(await vault.names('key%')).toEqual(['key%']);
      expect(await vault.names('k_y')).toEqual(['k_y/4']);
      expect(await vault.names('é')).toEqual(['é']);
      expect(await vault.names('')).toEqual(['KEY/3', 'k_y/4', 'key%', 'key/1', 'key/2', 'other', 'é']);
      expect(await vault.names('none')).toEqual([]);
    });

    it('says so when the server secret is another one', async () => {
      await vault.put('signing', Uint8Array.of(1), false);
      const { vault: stranger } = await place.open(onlyNew);
      await expect(stranger.find('signing')).rejects.toThrow(/"signing" was sealed under another GATEHOUSE_SECRET/);
      expect(await stranger.names('')).toEqual(['signing']);
    });

    it('follows a change of the server secret: what is read is sealed anew', async () => {
      await vault.put('signing', Uint8Array.of(1), false);
      const { vault: during } = await place.open(rotated);
      expect(await during.find('signing')).toEqual(Uint8Array.of(1));
      const { vault: after } = await place.open(onlyNew);
      expect(await after.find('signing')).toEqual(Uint8Array.of(1));
      await expect(vault.find('signing')).rejects.toThrow('another GATEHOUSE_SECRET');
    });

    it('keeps one of two secrets that two processes make for the same name', async () => {
      const { vault: other } = await place.open();
      const kept = await Promise.all(Array.from({ length: 10 }, (_, index) => (index % 2 ? vault : other).put('cookie', Uint8Array.of(index), false)));
      expect(kept.filter(Boolean)).toHaveLength(1);
      expect(await other.find('cookie')).toEqual(Uint8Array.of(kept.indexOf(true)));
    });
  });
}
