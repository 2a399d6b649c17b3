import { describe, expect, it } from 'vitest';
import { clientAddress } from '../../src/limits/client-address.js';
import { aRequest, DoorBench } from '../support/door-bench.js';

const OURS = ['10.0.0.0/8', '2001:db8:1::/48'];
const STRANGER = '203.0.113.7';

/** Where a request counts as coming from. */
function comesFrom(address: string, forwarded: string | undefined, trustedProxies: readonly string[] = OURS): string {
  return clientAddress(aRequest({ address, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }), { trustedProxies });
}

describe('a request comes from the other end of its connection', () => {
  it.each([
    ['without proxies of ours', '10.1.1.1', '198.51.100.9', [], '10.1.1.1'],
    ['when a stranger claims to be a proxy', STRANGER, '198.51.100.9', OURS, STRANGER],
    ['when a stranger claims to be one of us', STRANGER, '10.1.1.1', OURS, STRANGER],
    ['in IPv6 clothes', '::ffff:203.0.113.7', undefined, [], STRANGER],
    ['on a link of its own', 'fe80::1%eth0', '198.51.100.9', OURS, 'fe80::1%eth0'],
  ])('%s', (_when, address, forwarded, proxies, expected) => {
    expect(comesFrom(address, forwarded, proxies)).toBe(expected);
  });
});

describe('behind proxies of ours it comes from the last hop that is none of them', () => {
  it.each([
    ['one proxy', STRANGER, STRANGER],
    ['several proxies', `${STRANGER}, 10.2.2.2, 10.3.3.3`, STRANGER],
    ['what the stranger wrote before is not read', `198.51.100.9, 127.0.0.1, ${STRANGER}`, STRANGER],
    ['not even where it is one of us', `10.9.9.9, ${STRANGER}, 10.2.2.2`, STRANGER],
    ['nor where it is nonsense', `nonsense", <script>, ${STRANGER}`, STRANGER],
    ['somebody inside', '10.4.4.4, 10.2.2.2', '10.4.4.4'],
    ['IPv6 in one spelling', '2001:DB8:0:0:0::7', '2001:db8::7'],
    ['IPv4 in IPv6 clothes', `::ffff:${STRANGER}`, STRANGER],
    ['IPv4 in other IPv6 clothes', '::FFFF:cb00:7107', STRANGER],
    ['with a port', `${STRANGER}:4711`, STRANGER],
    ['with brackets and a port', '[2001:db8::7]:4711', '2001:db8::7'],
    ['a proxy of ours with IPv6', `${STRANGER}, 2001:db8:1::5`, STRANGER],
  ])('%s', (_what, forwarded, expected) => {
    expect(comesFrom('10.1.1.1', forwarded)).toBe(expected);
    expect(comesFrom('::ffff:10.1.1.1', forwarded)).toBe(expected);
  });

  it.each([
    ['nothing', undefined], ['an empty text', ''], ['a word', 'unknown'], ['a hidden name', '_hidden'], ['a wrong number', '203.0.113.256'],
    ['an empty hop', `${STRANGER}, `], ['a host name', 'evil.example'], ['a zone', 'fe80::1%eth0'], ['a word among hops', `${STRANGER}, unknown, 10.2.2.2`],
  ])('and from the proxy when it tells %s', (_what, forwarded) => {
    expect(comesFrom('10.1.1.1', forwarded)).toBe('10.1.1.1');
  });
});

describe('a key that is bound to addresses', () => {
  it('is judged by the address behind our proxies, and by no claim of a stranger', async () => {
    const bench = new DoorBench({ trustedProxies: OURS });
    const { text } = await bench.apiKeys.create({ name: 'ci', roles: ['developer'], addresses: ['198.51.100.0/24'] });
    const from = (address: string, forwarded: string) => bench.refusal({ authorization: `Bearer ${text}`, address, headers: { 'x-forwarded-for': forwarded } });
    expect(await from('10.1.1.1', '198.51.100.9')).toBe('admitted');
    expect(await from('10.1.1.1', `198.51.100.9, ${STRANGER}`)).toBe('access_denied');
    expect(await from(STRANGER, '198.51.100.9')).toBe('access_denied');
  });
});
