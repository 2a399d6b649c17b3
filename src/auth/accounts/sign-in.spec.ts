import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openLog } from '../../observability/log.js';
import { MemoryUserStore } from '../../storage/memory/user-store.memory.js';
import { PageKeys } from '../page-keys.js';
import type { User } from '../users.port.js';
import type { Vault } from '../vault.port.js';
import { Guesses } from './guesses.js';
import { KnownDevices } from './known-devices.js';
import { hashPassword } from './password-hash.js';
import { Passwords } from './passwords.js';
import { SignIn } from './sign-in.js';

const cost = { log2: 10, blockSize: 8, parallelism: 1 };
const random = { bytes: (count: number) => randomBytes(count) };
const RIGHT = 'a sentence only anna knows';

let time: { now: number };
let users: MemoryUserStore;
let passwords: Passwords;
let signIn: SignIn;

const vault = (): Vault => {
  const kept = new Map<string, Uint8Array>();
  return {
    put: async (name, secret, replace) => (kept.has(name) && !replace ? false : Boolean(kept.set(name, secret))),
    find: async (name) => kept.get(name), remove: async (name) => kept.delete(name), names: async () => [...kept.keys()],
  };
};

async function add(login: string, changes: Partial<User> = {}): Promise<void> {
  const passwordHash = await hashPassword(RIGHT, cost, randomBytes(16));
  await users.add({ id: login, login, displayName: login, passwordHash, passwordExpired: false, roles: [], tenant: 'default', disabled: false, epoch: 0, signInsSince: 0, createdAt: 0, ...changes });
}

let address = 0;
const attempt = (login: string, password: string) => signIn.attempt({ login, password, address: `10.1.${++address >> 8}.${address & 255}`, deviceCookie: undefined });

beforeEach(async () => {
  time = { now: 1_780_000_000_000 };
  const clock = { now: () => time.now };
  users = new MemoryUserStore({ touch: async () => undefined });
  passwords = new Passwords(random, cost);
  signIn = new SignIn(users, passwords, new Guesses(clock), new KnownDevices(new PageKeys(vault(), random), clock, random), openLog('silent', false));
  await add('anna');
  await add('disabled', { disabled: true });
  await add('elsewhere', { passwordHash: undefined });
});

describe('signing in with a password', () => {
  it('lets the owner in, however the login is spelt', async () => {
    expect(await attempt(' Anna', RIGHT)).toMatchObject({ kind: 'welcome', user: { id: 'anna' } });
  });

  it.each([['anna', 'wrong'], ['nobody', RIGHT], ['disabled', RIGHT], ['elsewhere', ''], ['elsewhere', RIGHT]])(
    'refuses %s with %j in one and the same way, after one and the same work (F13)', async (login, password) => {
      const check = vi.spyOn(passwords, 'check');
      expect(await attempt(login, password)).toEqual({ kind: 'refused' });
      expect(check).toHaveBeenCalledTimes(1);
    });

  it.each<[string, Partial<User>]>([['replaced', { passwordHash: 'another' }], ['taken from a person who is locked out', { disabled: true }]])(
    'refuses a password that is %s while it is judged', async (_how, changes) => {
      const judge = passwords.check.bind(passwords);
      vi.spyOn(passwords, 'check').mockImplementation(async (...given) => {
        const isRight = await judge(...given);
        await users.update('anna', changes);
        return isRight;
      });
      expect(await attempt('anna', RIGHT)).toEqual({ kind: 'refused' });
    });

  it('does not bring an old password back when it hashes it anew', async () => {
    const dearer = new Passwords(random, { ...cost, log2: 11 });
    vi.spyOn(dearer, 'hash').mockImplementation(async () => {
      await users.update('anna', { passwordHash: 'another' });
      return 'the old one, dearer';
    });
    const clock = { now: () => time.now };
    signIn = new SignIn(users, dearer, new Guesses(clock), new KnownDevices(new PageKeys(vault(), random), clock, random), openLog('silent', false));
    expect(await attempt('anna', RIGHT)).toEqual({ kind: 'refused' });
    expect((await users.find('anna'))?.passwordHash).toBe('another');
  });

  it('takes as long for who does not exist (F13)', async () => {
    const times: Record<string, number[]> = { anna: [], nobody: [] };
    for (let round = 0; round < 120; round++) {
      // Each login is new to the counters once a day.
      time.now += 90_000_000;
      for (const login of round % 2 === 0 ? ['anna', 'nobody'] : ['nobody', 'anna']) {
        const started = performance.now();
        await attempt(login, 'wrong');
        times[login]?.push(performance.now() - started);
      }
    }
    const median = (all: number[] = []): number => all.toSorted((one, other) => one - other)[all.length >> 1] ?? 0;
    const ratio = median(times['anna']) / median(times['nobody']);
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.4);
  });

  it('hashes anew at sign-in once the cost has changed (E14)', async () => {
    const dearer = new Passwords(random, { ...cost, log2: 11 });
    const clock = { now: () => time.now };
    signIn = new SignIn(users, dearer, new Guesses(clock), new KnownDevices(new PageKeys(vault(), random), clock, random), openLog('silent', false));
    await attempt('anna', 'wrong');
    expect((await users.find('anna'))?.passwordHash).toContain('ln=10');
    expect(await attempt('anna', RIGHT)).toMatchObject({ kind: 'welcome', user: { epoch: (await users.find('anna'))?.epoch } });
    expect((await users.find('anna'))?.passwordHash).toContain('ln=11');
    expect(await attempt('anna', RIGHT)).toMatchObject({ kind: 'welcome' });
  });
});

describe('a device cookie', () => {
  it('vouches for one login, for a year, and cannot be made elsewhere', async () => {
    const clock = { now: () => time.now };
    const devices = new KnownDevices(new PageKeys(vault(), random), clock, random);
    const cookie = await devices.introduce('Anna');
    expect(await devices.recognise('anna', cookie)).toBe(cookie.split('.')[0]);
    expect(await devices.recognise('bert', cookie)).toBeUndefined();
    const [device, day, mac] = cookie.split('.');
    for (const forged of [undefined, '', 'a.b.c', `${device}.${Number(day) + 1}.${mac}`, `x${cookie}`, `${cookie}.x`, `${device}.${day}.`]) {
      expect(await devices.recognise('anna', forged)).toBeUndefined();
    }
    expect(await new KnownDevices(new PageKeys(vault(), random), clock, random).recognise('anna', cookie)).toBeUndefined();
    time.now += 366 * 86_400_000;
    expect(await devices.recognise('anna', cookie)).toBeUndefined();
  });
});
