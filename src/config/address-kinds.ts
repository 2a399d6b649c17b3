/** The kind of settings that name networks. */
import { isIP } from 'node:net';
import { readList, setting, type Options } from './kinds.js';

/** A network: all addresses that begin like this one. */
export interface AddressRange {
  address: string;
  prefix: number;
  family: 'ipv4' | 'ipv6';
}

/** Reads `10.0.0.0/8`, `2001:db8::/32` or one address; undefined for anything else. */
export function readAddressRange(text: string): AddressRange | undefined {
  const [, address = '', bits] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  return version === 0 || prefix > most ? undefined : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** Networks of machines that are believed what they say about others. */
export function networkList(options: Options<readonly string[]>) {
  return setting<readonly string[], readonly string[]>(options, {
    expected: 'a list of addresses or ranges such as 10.0.0.0/8 or 2001:db8::/32, none of them of everybody',
    read: (raw) => {
      const items = readList(raw);
      // Of everybody: then anybody could say where they come from.
      return items?.every((item) => (readAddressRange(item)?.prefix ?? 0) > 0) ? items : undefined;
    },
    refuses: ['proxy.example', '10.0.0.0/33', '::1/129', '0.0.0.0/0', '::/0', '*', [7], 7, null],
  });
}
