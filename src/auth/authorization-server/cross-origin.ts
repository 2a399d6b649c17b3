/** Which web pages may read answers of the authorization server: none of it is protected by cookies. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { isMetadata, paths } from './endpoints.js';
import { isLoopbackHost } from './redirect-uri.js';

const MAX_AGE_SECONDS = '3600';

@Injectable()
export class CrossOrigin {
  readonly #listed: ReadonlySet<string>;
  readonly #loopback: boolean;

  constructor({ allowedOrigins, host, publicUrl }: Settings) {
    this.#listed = new Set([new URL(publicUrl).origin, ...allowedOrigins]);
    this.#loopback = isLoopbackHost(host) || host === '::1';
  }

  /** True for a page on the list, for any page of this machine while we serve it alone, and for pages the client lives on. */
  isAllowed(origin: string, redirectUris: readonly string[] = []): boolean {
    if (this.#listed.has(origin)) return true;
    if (this.#loopback && isLoopbackHost(URL.parse(origin)?.hostname ?? '')) return true;
    return origin !== 'null' && redirectUris.some((uri) => URL.parse(uri)?.origin === origin);
  }

  /** Answers a preflight and marks answers of the routes the library leaves alone. True when the request is done. */
  handle(route: string, request: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = request.headers;
    if (route !== paths.routes.registration || origin === undefined) return false;
    response.setHeader('Vary', 'Origin');
    const allowed = this.isAllowed(origin);
    if (allowed) response.setHeader('Access-Control-Allow-Origin', origin);
    if (request.method !== 'OPTIONS') return false;
    if (allowed) {
      response.setHeader('Access-Control-Allow-Methods', 'POST');
      response.setHeader('Access-Control-Allow-Headers', request.headers['access-control-request-headers'] ?? 'Content-Type');
      response.setHeader('Access-Control-Max-Age', MAX_AGE_SECONDS);
    }
    response.writeHead(204).end();
    return true;
  }
}

/** How long others may keep an answer: key sets and metadata shorter than a new key waits before it signs. */
export function cacheControl(route: string, leadSeconds: number): string | undefined {
  return isMetadata(route) || route === paths.routes.jwks ? `public, max-age=${Math.min(300, leadSeconds)}` : undefined;
}
