import { describe, expect, it } from 'vitest';
import { ownerKey } from '../../src/protocol/caller.js';
import { Guests } from '../../src/auth/guests.js';
import { aRequest, DoorBench, type Asking } from '../support/door-bench.js';

const bench = new DoorBench({ guests: true, trustedProxies: ['10.0.0.0/8'] });
const owner = async (asking: Asking): Promise<string> => ownerKey(await bench.admit(asking));

describe('guests are told apart by where they come from', () => {
  it('and have no rights of their own, nor an address in their name', async () => {
    const caller = await bench.admit({ address: '203.0.113.7' });
    expect(caller).toEqual({ kind: 'anonymous', issuer: 'local', subject: expect.stringMatching(/^guest:[\w-]{43}$/), client: 'guest', scopes: [], roles: [], tenant: 'default' });
    expect(await bench.admit({ address: '203.0.113.7' })).toBe(caller);
  });

  it.each<[string, Asking, Asking, boolean]>([
    ['two addresses', { address: '203.0.113.7' }, { address: '203.0.113.8' }, false],
    ['one address in two spellings', { address: '203.0.113.7' }, { address: '::ffff:203.0.113.7' }, true],
    ['one network of IPv6', { address: '2001:db8::1' }, { address: '2001:db8::ffff:2' }, true],
    ['two networks of IPv6', { address: '2001:db8::1' }, { address: '2001:db8:0:1::1' }, false],
    ['behind our proxy', { address: '10.1.1.1', headers: { 'x-forwarded-for': '203.0.113.7' } }, { address: '203.0.113.7' }, true],
    ['with a claim nobody vouches for', { address: '203.0.113.7', headers: { 'x-forwarded-for': '203.0.113.8' } }, { address: '203.0.113.7' }, true],
  ])('%s', async (_what, one, other, same) => {
    expect(await owner(one) === await owner(other)).toBe(same);
  });

  it('and stay who they are when their connection is gone, or thousands came after them', () => {
    const guests = new Guests({ trustedProxies: [] });
    const request = aRequest({ address: '203.0.113.7' });
    const first = guests.of(request);
    for (let index = 0; index < 10_001; index += 1) guests.of(aRequest({ address: `10.0.${index >> 8}.${index & 255}` }));
    Object.defineProperty(request, 'socket', { value: {} });
    expect(guests.of(request)).toBe(first);
    const again = guests.of(aRequest({ address: '203.0.113.7' }));
    expect(again).not.toBe(first);
    expect(again).toEqual(first);
  });
});
