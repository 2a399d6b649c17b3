/** What every session store promises, whatever keeps its sessions. One test for each promise of the port. */
import { beforeEach, describe, expect, it } from 'vitest';
import { anonymous, type Caller } from '../../src/protocol/caller.js';
import type { Session, SessionStore } from '../../src/sessions/session-store.port.js';

const anna: Caller = { ...anonymous, kind: 'user', issuer: 'https://issuer.example', subject: 'anna', client: 'desktop' };
const T = 1_800_000_000_000;

function sessionOf(id: string, members: Partial<Session> = {}): Session {
  return {
    id, wire: 'streamable-http', owner: anna, revision: '2025-11-25',
    clientInfo: { name: 'client', version: '1', title: 'A "client" ✓' }, clientCapabilities: { elicitation: { form: {} }, roots: { listChanged: true } },
    createdAt: T, lastActivityAt: T, logLevel: 'info', subscriptions: ['x://a'], ...members,
  };
}

/** @param make an empty store; called before each test. */
export function describeSessionStore(name: string, make: () => SessionStore | Promise<SessionStore>): void {
  describe(`${name} keeps sessions`, () => {
    let store: SessionStore;

    beforeEach(async () => {
      store = await make();
    });

    async function added(id: string, members?: Partial<Session>): Promise<Session> {
      const session = sessionOf(id, members);
      expect(await store.add(sessionOf(id, members))).toBe(true);
      return session;
    }

    describe('add', () => {
      it('keeps every member of a session', async () => {
        const session = await added('a');
        expect(await store.find('a', T)).toEqual(session);
      });

      it('keeps what is undefined undefined', async () => {
        await added('a', { clientInfo: undefined, clientCapabilities: {}, subscriptions: [] });
        expect(await store.find('a', T)).toMatchObject({ clientInfo: undefined, clientCapabilities: {}, subscriptions: [] });
      });

      it('is false when the id is already taken, and then changes nothing', async () => {
        await added('a');
        expect(await store.add(sessionOf('a', { owner: anonymous, logLevel: 'debug' }))).toBe(false);
        expect(await store.find('a', T)).toEqual(sessionOf('a'));
        expect([await store.size(), await store.count(anna), await store.count(anonymous)]).toEqual([1, 1, 0]);
      });

      it('is true for one of many that come at once with the same id (P7)', async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => store.add(sessionOf('a'))));
        expect(answers.filter(Boolean)).toHaveLength(1);
        expect([await store.size(), await store.count(anna)]).toEqual([1, 1]);
      });
    });

    describe('find', () => {
      it('is undefined for an id that is not there, by its exact letters', async () => {
        await added('a');
        for (const id of ['', 'A', 'a ', 'a\0', '__proto__', '*', "' OR 1=1 --"]) expect(await store.find(id, T)).toBeUndefined();
      });

      it('makes its time the last activity', async () => {
        await added('a');
        expect(await store.find('a', T + 5)).toMatchObject({ lastActivityAt: T + 5 });
        expect(await store.expired(T + 5, 0)).toEqual([]);
        expect(await store.expired(T + 6, 0)).toEqual(['a']);
      });
    });

    describe('update', () => {
      it('keeps the changed members and leaves the others', async () => {
        await added('a');
        await store.update('a', { logLevel: 'error', subscriptions: ['x://b', 'x://c'] });
        expect(await store.find('a', T)).toEqual(sessionOf('a', { logLevel: 'error', subscriptions: ['x://b', 'x://c'] }));
        const handshake = { revision: '2025-03-26', clientInfo: undefined, clientCapabilities: { sampling: {} } } as const;
        await store.update('a', handshake);
        expect(await store.find('a', T)).toEqual(sessionOf('a', { logLevel: 'error', subscriptions: ['x://b', 'x://c'], ...handshake }));
      });

      it('does not bring a session back that is gone', async () => {
        await added('a');
        await store.remove('a');
        await store.update('a', { logLevel: 'error' });
        expect(await store.find('a', T)).toBeUndefined();
        expect(await store.size()).toBe(0);
      });
    });

    describe('remove', () => {
      it('is true exactly once for each session, also for many at once (P7)', async () => {
        await added('a');
        const answers = await Promise.all(Array.from({ length: 20 }, () => store.remove('a')));
        expect(answers.filter(Boolean)).toHaveLength(1);
        expect(await store.remove('a')).toBe(false);
        expect(await store.remove('never')).toBe(false);
      });

      it('frees the id and the place of its owner', async () => {
        await added('a');
        await store.remove('a');
        expect([await store.find('a', T), await store.size(), await store.count(anna)]).toEqual([undefined, 0, 0]);
        await added('a', { logLevel: 'debug' });
        expect(await store.find('a', T)).toMatchObject({ logLevel: 'debug' });
      });
    });

    describe('count and size', () => {
      it('count by issuer, subject and client, not by what a token says beside them', async () => {
        await added('a');
        await added('b', { owner: { ...anna, scopes: ['more'], roles: ['other'] } });
        await added('c', { owner: { ...anna, client: 'phone' } });
        await added('d', { owner: { ...anna, issuer: 'https://elsewhere.example' } });
        await added('e', { owner: { ...anna, subject: 'bert' } });
        expect([await store.count(anna), await store.count({ ...anna, client: 'phone' }), await store.count(anonymous)]).toEqual([2, 1, 0]);
        expect(await store.size()).toBe(5);
      });

      it('cannot be confused by names that contain each other', async () => {
        await added('a', { owner: { ...anna, subject: 'a","b', client: 'c' } });
        expect(await store.count({ ...anna, subject: 'a', client: 'b","c' })).toBe(0);
      });

      it('are right after many came and went', async () => {
        const ids = Array.from({ length: 50 }, (_, index) => `s${index}`);
        await Promise.all(ids.map((id) => added(id)));
        await Promise.all(ids.slice(10).map((id) => store.remove(id)));
        expect([await store.size(), await store.count(anna)]).toEqual([10, 10]);
      });
    });

    describe('expired', () => {
      it('names sessions idle since a time, and those opened before a time', async () => {
        await added('idle', { lastActivityAt: T - 100 });
        await added('old', { createdAt: T - 1000 });
        await added('both', { createdAt: T - 1000, lastActivityAt: T - 100 });
        await added('fresh');
        expect((await store.expired(T - 50, 0)).toSorted()).toEqual(['both', 'idle']);
        expect((await store.expired(0, T - 500)).toSorted()).toEqual(['both', 'old']);
        expect((await store.expired(T - 50, T - 500)).toSorted()).toEqual(['both', 'idle', 'old']);
      });

      it('does not name those exactly at the time, nor those removed', async () => {
        await added('edge', { lastActivityAt: T, createdAt: T });
        expect(await store.expired(T, T)).toEqual([]);
        await store.remove('edge');
        expect(await store.expired(T + 1, T + 1)).toEqual([]);
      });
    });
  });
}
