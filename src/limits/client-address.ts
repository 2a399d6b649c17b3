/** Where a request comes from, and whether a key may be used there (R57). */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, SocketAddress } from 'node:net';
import { readAddressRange } from '../config/address-kinds.js';
import type { Settings } from '../config/settings.js';

/**
 * The address of the other end. Where that is a proxy of ours, the last hop it tells of that is none: everything to the left
 * of it was written by strangers.
 */
export function clientAddress(request: IncomingMessage, { trustedProxies }: Pick<Settings, 'trustedProxies'>): string {
  const nearest = plain(request.socket?.remoteAddress ?? '');
  if (trustedProxies.length === 0) return nearest;
  const proxies = rangesOf(trustedProxies);
  const told = request.headers['x-forwarded-for'];
  if (told === undefined || !isWithin(proxies, nearest)) return nearest;
  let farthest = nearest;
  for (const hop of told.toString().split(',').toReversed()) {
    const address = hopAddress(hop.trim());
    if (address === undefined) return nearest;
    if (!isWithin(proxies, address)) return address;
    farthest = address;
  }
  return farthest;
}

/** An IPv4 address that arrived in IPv6 clothes is told by its own name. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** Some proxies write the port as well. Undefined for what is no address. */
function hopAddress(hop: string): string | undefined {
  const [, bracketed, withPort] = /^(?:\[([\da-f.:]+)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/i.exec(hop) ?? [];
  const address = bracketed ?? withPort ?? hop;
  if (isIP(address) === 4) return address;
  // One spelling for each: what is counted by address must not be counted by spelling.
  return /^[\da-f.:]+$/i.test(address) && isIP(address) === 6 ? plain(new SocketAddress({ address, family: 'ipv6' }).address) : undefined;
}

const knownRanges = new WeakMap<readonly string[], BlockList>();

function rangesOf(ranges: readonly string[]): BlockList | undefined {
  const known = knownRanges.get(ranges) ?? addressRanges(ranges);
  if (known) knownRanges.set(ranges, known);
  return known;
}

/** Ranges of addresses, ready to be asked. Throws an Error that names the first range that is none. */
export function addressRanges(ranges: readonly string[]): BlockList | undefined {
  if (ranges.length === 0) return undefined;
  const list = new BlockList();
  for (const text of ranges) {
    const range = readAddressRange(text);
    if (!range) throw new Error(`${text} is not an address or a range such as 10.0.0.0/8 or 2001:db8::/32`);
    list.addSubnet(range.address, range.prefix, range.family);
  }
  return list;
}

/** True where there are no ranges or the address is in one of them. */
export function isWithin(ranges: BlockList | undefined, address: string): boolean {
  if (!ranges) return true;
  const version = isIP(address);
  return version !== 0 && ranges.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
