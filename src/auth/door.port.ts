/** The door: from a request to its caller, or to a challenge. Every transport asks here and nowhere else. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../protocol/caller.js';
import type { Fault } from '../protocol/faults.js';

export const Door = Symbol('Door');
export interface Door {
  /**
   * The caller a request proves. Without a credential: a `guest` where public tools are offered to everyone, else throws
   * `token_missing`. A credential that is there and wrong always throws: `token_invalid`, `token_expired`, `access_denied`
   * (a key used from elsewhere), `credentials_unavailable` (who could judge it is away). Synchronous for a credential
   * verified a moment ago.
   */
  admit(request: IncomingMessage): Caller | Promise<Caller>;
  /**
   * As `admit`, for the event stream at `route`: a browser may show a single-use ticket instead of a credential. Asked
   * again about the same request, `admit` answers as long as nothing was revoked.
   */
  admitStream(request: IncomingMessage, ticket: string | undefined, route: string): Promise<Caller>;
  /** Headers that go with a refusal: `WWW-Authenticate` with metadata address, error and scopes; none for other faults. */
  headersFor(refusal: Fault, request: IncomingMessage): string[];
  /** The same challenge as text, for clients that look for it in a tool result (`_meta["mcp/www_authenticate"]`). */
  challengeText(refusal: Fault): string | undefined;
}
