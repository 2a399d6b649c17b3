/** What every UserStore promises. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UserChanges } from '../../src/auth/users.port.js';
import type { Stores } from '../../src/storage/durable-state.js';
import { AWKWARD, aUser } from '../support/people.js';
import type { MakePlace, Place } from '../support/stores.js';

/** Runs the promises on one technology. */
export function describeUserStore(name: string, make: MakePlace): void {
  describe(`users in ${name}`, () => {
    let place: Place;
    let stores: Stores;
    beforeEach(async () => {
      place = await make();
      stores = await place.open();
    });
    afterEach(() => place.close());

    it.each([
      ['with everything', aUser()],
      ['without a password', aUser({ passwordHash: undefined, passwordExpired: true, disabled: true, roles: [] })],
      ['in awkward text (fact 6)', aUser({ id: AWKWARD, login: AWKWARD, displayName: AWKWARD, roles: [AWKWARD], tenant: AWKWARD })],
    ])('keep a person %s', async (_case, user) => {
      expect(await stores.users.add(user)).toBe(true);
      expect(await stores.users.find(user.id)).toEqual(user);
      expect(await stores.users.findByLogin(user.login)).toEqual(user);
    });

    it('know nobody they were not told of', async () => {
      expect(await stores.users.find('u-anna')).toBeUndefined();
      expect(await stores.users.findByLogin(AWKWARD)).toBeUndefined();
      expect(await stores.users.findByIdentity({ issuer: 'https://a.example', subject: AWKWARD })).toBeUndefined();
      expect(await stores.users.update('u-anna', { disabled: true })).toBeUndefined();
      expect(await stores.users.count()).toBe(0);
    });

    it('take each id and each login once, whatever its case', async () => {
      await stores.users.add(aUser({ login: 'Ännchen@Example.com' }));
      expect(await stores.users.add(aUser({ login: 'other' }))).toBe(false);
      expect(await stores.users.add(aUser({ id: 'u-other', login: 'ÄNNCHEN@example.COM' }))).toBe(false);
      expect(await stores.users.findByLogin('änncHEN@example.com')).toMatchObject({ id: 'u-anna', login: 'Ännchen@Example.com' });
      expect(await stores.users.count()).toBe(1);
    });

    it('find a person by an identity elsewhere, which belongs to one person only', async () => {
      const identity = { issuer: 'https://login.example', subject: AWKWARD };
      await stores.users.add(aUser());
      await stores.users.add(aUser({ id: 'u-bert' }));
      expect(await stores.users.link('u-anna', identity)).toBe(true);
      expect(await stores.users.link('u-bert', identity)).toBe(false);
      expect(await stores.users.link('u-bert', { ...identity, issuer: 'https://other.example' })).toBe(true);
      expect(await stores.users.findByIdentity(identity)).toMatchObject({ id: 'u-anna' });
    });

    it('link nobody who is unknown', async () => {
      await expect(stores.users.link('u-nobody', { issuer: 'https://login.example', subject: '1' })).rejects.toThrow(/foreign key|nobody/i);
    });

    it.each<[string, UserChanges, number]>([
      ['roles', { roles: ['admin'] }, 2],
      ['a password', { passwordHash: 'scrypt$2' }, 2],
      ['no password any more', { passwordHash: undefined }, 2],
      ['disabling', { disabled: true }, 2],
      ['all of it at once', { disabled: true, roles: [], passwordHash: 'scrypt$2' }, 2],
      ['a name', { displayName: 'Anne', tenant: 'other' }, 1],
      ['a password that must be replaced', { passwordExpired: true }, 1],
      ['roles that are the same', { roles: ['b', 'a'] }, 1],
      ['nothing', {}, 1],
    ])('after %s the epoch tells whether tokens must end', async (_case, changes, epoch) => {
      const user = aUser({ roles: ['a', 'b'] });
      await stores.users.add(user);
      const expected = { ...user, ...changes, epoch };
      expect(await stores.users.update(user.id, changes)).toEqual(expected);
      expect(await stores.users.find(user.id)).toEqual(expected);
    });

    it('end sign-ins once more, whatever the clocks of two processes say', async () => {
      await stores.users.add(aUser());
      await stores.users.update('u-anna', { signInsSince: 1_790_000_000_000 });
      await stores.users.update('u-anna', { signInsSince: 1_780_000_000_000 });
      expect(await stores.users.find('u-anna')).toMatchObject({ signInsSince: 1_790_000_001_000, epoch: 1 });
    });

    it('raise the generation with each change of a person, and not without one', async () => {
      await stores.users.add(aUser());
      const before = await stores.revocations.generation();
      await stores.users.update('u-anna', { roles: ['user'] });
      expect(await stores.revocations.generation()).toBe(before);
      await stores.users.update('u-anna', { disabled: true });
      expect(await stores.revocations.generation()).toBeGreaterThan(before);
    });

    it('list people by login in pages, the same order on every database', async () => {
      const logins = ['Zoe', 'anna', 'ö', 'ﬀ', '𝒳-astral', 'b_', 'b%', 'Anna2', '10', '9'];
      for (const [index, login] of logins.entries()) await stores.users.add(aUser({ id: `u-${index}`, login }));
      const seen: string[] = [];
      for (let page = await stores.users.list(undefined, 3); page.length > 0; page = await stores.users.list(page.at(-1)?.login, 3)) {
        expect(page.length).toBeLessThanOrEqual(3);
        seen.push(...page.map(({ login }) => login));
      }
      expect(seen).toEqual(['10', '9', 'anna', 'Anna2', 'b%', 'b_', 'ﬀ', '𝒳-astral', 'Zoe', 'ö']);
      expect(await stores.users.count()).toBe(logins.length);
    });

    it('let one of two processes have a login (P7)', async () => {
      const other = await place.open();
      const taken = await Promise.all(Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? stores : other).users.add(aUser({ id: `u-${index}`, login: 'root' }))));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    it('lose no change when two processes change the same person', async () => {
      const other = await place.open();
      await stores.users.add(aUser());
      await Promise.all(Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? stores : other).users.update('u-anna', { passwordHash: `scrypt$${index}` })));
      expect(await stores.users.find('u-anna')).toMatchObject({ epoch: 21 });
    });
  });
}
