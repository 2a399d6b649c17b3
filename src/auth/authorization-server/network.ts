/** The way out, as a port: tests bring their own names and their own certificates. */
import { lookup } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';
import { isSpecialUse } from './special-use.js';

@Injectable()
export class Network {
  /** Certificate authorities beside those Node knows. */
  readonly authorities: readonly string[] = [];

  /** All addresses of a host name. */
  async resolve(hostname: string): Promise<string[]> {
    return (await lookup(hostname, { all: true, verbatim: true })).map(({ address }) => address);
  }

  /** Whether nothing may be fetched from an address. */
  isForbidden(address: string): boolean {
    return isSpecialUse(address);
  }
}
