/** Proves that a form was ours and belongs to the browser that sends it (rows F8, F9). */
import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../../config/settings.js';
import { fault } from '../../../protocol/faults.js';
import { PageKeys } from '../../page-keys.js';

@Injectable()
export class FormTokens {
  readonly #origin: string;

  constructor(private readonly keys: PageKeys, settings: Settings) {
    this.#origin = new URL(settings.publicUrl).origin;
  }

  /** `bound` is what only this browser can show: the id behind one of its cookies. */
  issue(bound: string): Promise<string> {
    return this.keys.sign('form', [bound]);
  }

  /** Throws `form_refused` for a form of another site, another session or another step. */
  async check(request: IncomingMessage, bound: string, token: string | undefined): Promise<void> {
    if (!this.#cameFromHere(request)) throw fault('form_refused', { detail: { origin: request.headers.origin, site: request.headers['sec-fetch-site'] } });
    if (token === undefined || !await this.keys.isSigned('form', [bound], token)) throw fault('form_refused', { detail: 'the token is of another form' });
  }

  // Browsers say where a form came from; who says nothing is judged by the token alone. A proxy may have renamed the host.
  #cameFromHere({ headers }: IncomingMessage): boolean {
    const { host, origin, 'sec-fetch-site': site } = headers;
    if (site !== undefined) return site === 'same-origin';
    if (origin === undefined || origin === this.#origin) return true;
    return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
  }
}
