/** How a client is shown to a person who is to decide about it. */
import type { ClientIntroduction } from '../pages.port.js';
import { clientKind } from './client-kind.js';
import { isLoopbackRedirect, isPrivateScheme } from './redirect-uri.js';

/** What the introduction is made of; the library's clients fit. */
export interface IntroducedClient {
  readonly clientId: string;
  readonly clientName?: string | undefined;
  readonly redirectUris?: readonly string[] | undefined;
}

/** The introduction of a client, on the way to `redirectUri` where the request names one. */
export function introduce(client: IntroducedClient, redirectUri?: string): ClientIntroduction {
  const origin = clientKind(client.clientId);
  const uris = redirectUri === undefined ? client.redirectUris ?? [] : [redirectUri];
  const [first] = uris;
  const url = first === undefined ? undefined : URL.parse(first);
  return {
    clientId: client.clientId,
    name: client.clientName ?? client.clientId,
    origin,
    idHost: origin === 'document' ? URL.parse(client.clientId)?.host : undefined,
    redirectHost: first !== undefined && isPrivateScheme(first) ? url?.protocol : url?.host,
    loopback: uris.length > 0 && uris.every(isLoopbackRedirect),
  };
}
