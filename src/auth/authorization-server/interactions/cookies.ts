/** Cookies of the pages: read by exact name, written so that no script, no other site and no sub-domain gets at them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../../config/settings.js';

/** What the cookies are called, before the prefix. */
export type CookieName = 'gatehouse_account' | 'gatehouse_visitor' | 'gatehouse_device' | `gatehouse_hop_${string}`;

@Injectable()
export class Cookies {
  readonly #secure: boolean;

  constructor(settings: Settings) {
    this.#secure = settings.publicUrl.startsWith('https:');
  }

  read(request: IncomingMessage, name: CookieName): string | undefined {
    const wanted = this.#fullName(name);
    const found = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim()).filter((pair) => pair.startsWith(`${wanted}=`));
    // Two of one name: one of them was planted from elsewhere, and nobody can say which.
    return found.length === 1 ? found[0]?.slice(wanted.length + 1) : undefined;
  }

  /** `value` is one of ours: letters that need no quoting. */
  write(response: ServerResponse, name: CookieName, value: string, maxAgeSeconds: number): void {
    response.appendHeader('Set-Cookie', `${this.#fullName(name)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax${this.#secure ? '; Secure' : ''}`);
  }

  clear(response: ServerResponse, name: CookieName): void {
    this.write(response, name, '', 0);
  }

  // The prefix makes browsers refuse the cookie from a sub-domain or over plain HTTP (RFC 6265bis §4.1.3.2).
  #fullName(name: CookieName): string {
    return this.#secure ? `__Host-${name}` : name;
  }
}
