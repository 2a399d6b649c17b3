/** Finds the one credential of a request: `Authorization` first, then `x-api-key`, never the address (R26 as ruled; OAuth 2.1 §5.1). */
import type { IncomingMessage } from 'node:http';
import type { Settings } from '../../config/settings.js';
import { fault } from '../../protocol/faults.js';
import { clientAddress } from '../../limits/client-address.js';

/** A credential as it came, from an address. A class, so that strategies recognise it in what passport hands them. */
export class Presented {
  constructor(readonly scheme: 'bearer' | 'dpop' | 'key', readonly text: string, readonly address: string) {}
}

/** Longer ones are refused unread (reliability row E8). */
export const MAX_CREDENTIAL = 8192;

// One scheme, one space, one text without spaces: `Bearer Bearer x` and a bare token are neither (fault 27).
const AUTHORIZATION = /^(bearer|dpop) +([\x21-\x7e]+) *$/i;
const IN_ADDRESS = /[?&](?:token|access_token|api_key|apikey|x-api-key)=/i;

/** Undefined where there is none. Throws `token_invalid` for one that cannot be read or stands in the address. */
export function presentedIn(request: IncomingMessage, settings: Pick<Settings, 'trustedProxies'>): Presented | undefined {
  const { authorization, 'x-api-key': key } = request.headers;
  if (authorization !== undefined) {
    const [, scheme, text] = AUTHORIZATION.exec(authorization) ?? [];
    if (scheme === undefined || text === undefined) throw refused('the Authorization header is not of the form "Bearer <token>"');
    return checked(new Presented(scheme.length === 4 ? 'dpop' : 'bearer', text, clientAddress(request, settings)));
  }
  if (key !== undefined) {
    if (typeof key !== 'string' || !/^[\x21-\x7e]+$/.test(key)) throw refused('the x-api-key header is malformed');
    return checked(new Presented('key', key, clientAddress(request, settings)));
  }
  if (IN_ADDRESS.test(request.url ?? '')) throw refused('a credential in the address');
  return undefined;
}

function checked(presented: Presented): Presented {
  if (presented.text.length > MAX_CREDENTIAL) throw refused('too long');
  return presented;
}

function refused(reason: string): Error {
  return fault('token_invalid', { challenge: { error: 'invalid_token' }, detail: { reason } });
}
