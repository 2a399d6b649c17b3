/** Client ID Metadata Documents: whose are fetched, and how long they are believed (draft-ietf-oauth-client-id-metadata-document). */
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { Clock } from '../../protocol/clock.js';
import { FetchRefused, PinnedFetch } from './pinned-fetch.js';

const MAX_DOCUMENT = 5 * 1024;
const MAX_KEY_SET = 64 * 1024;
// One sign-in looks the client up four times within seconds; a document that must not be kept is kept for as long.
const LEAST_SECONDS = 5;
const MOST_SECONDS = 86_400;
const UNTOLD_SECONDS = 300;

@Injectable()
export class ClientDocuments {
  /** Bounds for the library's cache. */
  readonly cacheDuration = { min: LEAST_SECONDS, max: MOST_SECONDS };

  constructor(
    private readonly settings: Settings, private readonly pinned: PinnedFetch,
    @Inject(Clock) private readonly clock: Clock, private readonly log: Log,
  ) {}

  /** Whether the document behind an id may be fetched; the answer is the same for every reason against. */
  mayFetch(clientId: string): boolean {
    const url = URL.parse(clientId);
    const { clientDocumentHosts } = this.settings;
    if (!url || url.protocol !== 'https:' || url.pathname === '/' || url.search !== '' || url.href !== clientId) return false;
    return clientDocumentHosts.length === 0 || clientDocumentHosts.includes(url.host) || clientDocumentHosts.includes(url.hostname);
  }

  /** Fetches what the library wants: documents, and key sets of clients. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const address = input instanceof Request ? input.url : String(input);
    // The library asks this of documents alone; redirects are refused either way.
    const isDocument = init?.redirect === 'manual';
    try {
      const answer = await this.pinned.get(address, isDocument ? MAX_DOCUMENT : MAX_KEY_SET);
      if (isDocument) answer.headers.set('cache-control', `max-age=${this.#freshSeconds(answer.headers)}`);
      return answer;
    } catch (error) {
      const reason = error instanceof FetchRefused ? error.message : String(error);
      this.log.info('oauth.fetch_refused', { address, reason });
      throw error;
    }
  };

  // RFC 9111 §4.2.1; the library knows only part of it.
  #freshSeconds(headers: Headers): number {
    const control = headers.get('cache-control')?.toLowerCase() ?? '';
    if (/(?:^|[\s,])(?:no-store|no-cache)(?:[\s,=]|$)/.test(control)) return 0;
    const age = Number(headers.get('age') ?? 0) || 0;
    const [, stated] = /(?:^|[\s,])max-age="?(\d{1,9})/.exec(control) ?? [];
    if (stated !== undefined) return Math.max(0, Number(stated) - age);
    const expires = headers.get('expires');
    if (expires === null) return UNTOLD_SECONDS;
    const now = Date.parse(headers.get('date') ?? '') || this.clock.now();
    return Math.max(0, Math.floor(((Date.parse(expires) || 0) - now) / 1000));
  }
}
