/** Addresses that are not the public internet (IANA special-purpose registries): nothing there is fetched for a stranger. */
import { BlockList, isIP } from 'node:net';

const RANGES: readonly [string, number][] = [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
  ['192.0.2.0', 24], ['192.31.196.0', 24], ['192.52.193.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['192.175.48.0', 24],
  ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
];
// Of IPv6 only 2000::/3 is given out; these parts of it lead elsewhere or wrap an IPv4 address (Teredo, 6to4).
const WITHIN_GLOBAL: readonly [string, number][] = [
  ['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['2620:4f:8000::', 48], ['3fff::', 20],
];

const special4 = new BlockList();
for (const [network, prefix] of RANGES) special4.addSubnet(network, prefix, 'ipv4');
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
const special6 = new BlockList();
for (const [network, prefix] of WITHIN_GLOBAL) special6.addSubnet(network, prefix, 'ipv6');

/** True for an address nobody on the public internet has, and for anything that is no address. */
export function isSpecialUse(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return special4.check(address, 'ipv4');
  if (version !== 6 || address.includes('%')) return true;
  return !global6.check(address, 'ipv6') || special6.check(address, 'ipv6');
}
