/** Tells who a client is, in facts where there are any and in its own words where there are none (rows F1, F15). */
import type { ClientIntroduction } from '../../pages.port.js';
import { clientKind } from '../client-kind.js';
import { isLoopbackRedirect, isPrivateScheme } from '../redirect-uri.js';

/** What the introduction is made of; the library's clients fit. */
export interface IntroducedClient {
  readonly clientId: string;
  readonly clientName?: string | undefined;
}

/** `redirectUri` is where the answer to this request goes; none for a device, whose browser goes nowhere. */
export function introduce({ clientId, clientName }: IntroducedClient, redirectUri: string | undefined): ClientIntroduction {
  const origin = clientKind(clientId);
  const idHost = origin === 'document' ? URL.parse(clientId)?.host : undefined;
  const url = redirectUri === undefined ? undefined : URL.parse(redirectUri);
  return {
    clientId, origin, idHost, name: clientName ?? idHost ?? clientId,
    redirectHost: redirectUri !== undefined && isPrivateScheme(redirectUri) ? url?.protocol : url?.host,
    loopback: redirectUri !== undefined && isLoopbackRedirect(redirectUri),
  };
}
