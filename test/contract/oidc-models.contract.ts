/** What every OidcModelStore promises. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Stores } from '../../src/storage/durable-state.js';
import { AWKWARD, aModel } from '../support/people.js';
import { NOON, type MakePlace, type Place } from '../support/stores.js';

/** Runs the promises on one technology. */
export function describeOidcModelStore(name: string, make: MakePlace): void {
  describe(`what the authorization server keeps in ${name}`, () => {
    let place: Place;
    let models: Stores['oidcModels'];
    beforeEach(async () => {
      place = await make();
      models = (await place.open()).oidcModels;
    });
    afterEach(() => place.close());

    it.each([
      ['with little', aModel()],
      ['with everything', aModel({ grantId: 'g', uid: 'u', userCode: 'ABCD', consumedAt: NOON - 5, expiresAt: NOON + 1 })],
      ['in awkward text (fact 6)', aModel({
        id: AWKWARD, uid: AWKWARD, grantId: AWKWARD, userCode: AWKWARD,
        payload: { accountId: AWKWARD, [AWKWARD]: [AWKWARD, 1.5, null, true, { deep: AWKWARD }], '__proto__x': {} },
      })],
    ])('is kept %s', async (_case, model) => {
      await models.upsert(model);
      expect(await models.find(model.model, model.id)).toStrictEqual(model);
    });

    it('is not changed from outside', async () => {
      const payload = { list: ['a'] };
      await models.upsert(aModel({ payload }));
      payload.list.push('b');
      const found = await models.find('AuthorizationCode', 'hashed-code');
      expect(found?.payload).toEqual({ list: ['a'] });
    });

    it('is known by its kind and id together', async () => {
      await models.upsert(aModel());
      expect(await models.find('RefreshToken', 'hashed-code')).toBeUndefined();
      expect(await models.find('AuthorizationCode', 'HASHED-CODE')).toBeUndefined();
      await models.destroy('RefreshToken', 'hashed-code');
      expect(await models.find('AuthorizationCode', 'hashed-code')).toBeDefined();
      await models.destroy('AuthorizationCode', 'hashed-code');
      expect(await models.find('AuthorizationCode', 'hashed-code')).toBeUndefined();
    });

    it('is replaced whole, except that what was redeemed stays redeemed', async () => {
      await models.upsert(aModel({ uid: 'u', grantId: 'g' }));
      await models.consume('AuthorizationCode', 'hashed-code', NOON);
      const replaced = aModel({ payload: { other: 1 }, expiresAt: NOON + 9 });
      await models.upsert(replaced);
      expect(await models.find('AuthorizationCode', 'hashed-code')).toStrictEqual({ ...replaced, consumedAt: NOON });
      expect(await models.consume('AuthorizationCode', 'hashed-code', NOON)).toBe(false);
    });

    it('is forgotten when it expires', async () => {
      await models.upsert(aModel({ uid: 'u', userCode: 'ABCD', expiresAt: NOON + 10 }));
      place.time.now = NOON + 9;
      expect(await models.findByUserCode('AuthorizationCode', 'ABCD')).toBeDefined();
      place.time.now = NOON + 10;
      expect(await models.find('AuthorizationCode', 'hashed-code')).toBeUndefined();
      expect(await models.findByUid('AuthorizationCode', 'u')).toBeUndefined();
      expect(await models.findByUserCode('AuthorizationCode', 'ABCD')).toBeUndefined();
      expect(await models.consume('AuthorizationCode', 'hashed-code', NOON + 10)).toBe(false);
    });

    it('is found by uid and user code within its kind, the newest where there are two', async () => {
      await models.upsert(aModel({ model: 'Session', id: 'z-old', uid: 'u' }));
      place.time.now += 1;
      await models.upsert(aModel({ model: 'Session', id: 'a-new', uid: 'u', userCode: 'ABCD' }));
      expect(await models.findByUid('Session', 'u')).toMatchObject({ id: 'a-new' });
      expect(await models.findByUid('Interaction', 'u')).toBeUndefined();
      expect(await models.findByUserCode('Session', 'ABCD')).toMatchObject({ id: 'a-new' });
      expect(await models.findByUserCode('Session', 'abcd')).toBeUndefined();
    });

    it('is redeemed exactly once, however many processes try (P7)', async () => {
      const others = await Promise.all([place.open(), place.open()]);
      const everyone = [models, ...others.map(({ oidcModels }) => oidcModels)];
      for (let round = 0; round < 10; round++) {
        await models.upsert(aModel({ id: `code-${round}` }));
        const tries = Array.from({ length: 12 }, (_, index) => everyone[index % 3]?.consume('AuthorizationCode', `code-${round}`, NOON + index));
        expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
      }
      expect(await models.consume('AuthorizationCode', 'unknown', NOON)).toBe(false);
    });

    it('goes with its grant', async () => {
      await models.upsert(aModel({ grantId: 'g1' }));
      await models.upsert(aModel({ model: 'RefreshToken', grantId: 'g1', expiresAt: NOON + 1 }));
      await models.upsert(aModel({ model: 'RefreshToken', id: 'other', grantId: 'g2' }));
      expect(await models.revokeByGrantId('g1')).toBe(2);
      expect(await models.revokeByGrantId('g1')).toBe(0);
      expect(await models.find('AuthorizationCode', 'hashed-code')).toBeUndefined();
      expect(await models.find('RefreshToken', 'other')).toBeDefined();
    });

    it('shows the grants of one account, newest first', async () => {
      for (const [index, id] of ['b', 'c', 'a'].entries()) {
        place.time.now = NOON + index;
        await models.upsert(aModel({ model: 'Grant', id, payload: { accountId: 'u-anna', n: index } }));
      }
      await models.upsert(aModel({ model: 'Grant', id: 'bert', payload: { accountId: 'u-bert' } }));
      await models.upsert(aModel({ model: 'Grant', id: 'gone', expiresAt: NOON }));
      await models.upsert(aModel({ model: 'Session', id: 'no-grant' }));
      // Using a grant again does not make it newer.
      await models.upsert(aModel({ model: 'Grant', id: 'b', payload: { accountId: 'u-anna', n: 9 } }));
      expect((await models.grantsOf('u-anna')).map(({ id, payload }) => [id, payload['n']])).toEqual([['a', 2], ['c', 1], ['b', 9]]);
      expect(await models.grantsOf(AWKWARD)).toEqual([]);
    });

    it('lists clients by id in pages', async () => {
      for (const id of ['b', 'https://c.example/id', 'A', 'é']) await models.upsert(aModel({ model: 'Client', id }));
      await models.upsert(aModel({ model: 'Grant', id: 'c' }));
      const first = await models.clients(undefined, 3);
      const rest = await models.clients(first.at(-1)?.id, 3);
      expect([...first, ...rest].map(({ id }) => id)).toEqual(['A', 'b', 'https://c.example/id', 'é']);
    });

    it('is purged of what expired, however much that is', async () => {
      await Promise.all(Array.from({ length: 1100 }, (_, index) => models.upsert(aModel({ id: `code-${index}`, expiresAt: NOON + (index % 11 === 0 ? 10 : 1) }))));
      await models.upsert(aModel({ id: 'for-ever' }));
      expect(await models.purge(NOON)).toBe(0);
      expect(await models.purge(NOON + 1)).toBe(1000);
      expect(await models.find('AuthorizationCode', 'code-0')).toBeDefined();
      expect(await models.purge(NOON + 10)).toBe(100);
      expect(await models.find('AuthorizationCode', 'for-ever')).toBeDefined();
    });
  });
}
