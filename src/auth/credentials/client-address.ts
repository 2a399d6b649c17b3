/** Where a request comes from, and whether a key may be used there (R57). */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The address of the other end; an IPv4 address that arrived in IPv6 clothes is told by its own name. */
export function clientAddress(request: IncomingMessage): string {
  const address = request.socket?.remoteAddress ?? '';
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** Ranges of addresses, ready to be asked. Throws an Error that names the first range that is none. */
export function addressRanges(ranges: readonly string[]): BlockList | undefined {
  if (ranges.length === 0) return undefined;
  const list = new BlockList();
  for (const range of ranges) {
    const [, address = '', bits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(range) ?? [];
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    if (version === 0 || prefix > most) throw new Error(`${range} is not an address or a range such as 10.0.0.0/8 or 2001:db8::/32`);
    list.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** True where there are no ranges or the address is in one of them. */
export function isWithin(ranges: BlockList | undefined, address: string): boolean {
  if (!ranges) return true;
  const version = isIP(address);
  return version !== 0 && ranges.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
