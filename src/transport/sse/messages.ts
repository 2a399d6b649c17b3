/**
 * `POST /messages`: what a client of the HTTP+SSE transport has to say; the answer goes to its stream (R173–R184, R256–R258).
 * In front of Express, like the hot door: entering it costs more than the call.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Door } from '../../auth/door.port.js';
import { decodeOrRefuse, type DecodeLimits } from '../../protocol/decode.js';
import { asFault, fault, type Fault } from '../../protocol/faults.js';
import type { Body } from '../../protocol/message.js';
import { Sessions } from '../../sessions/sessions.service.js';
import { ClientGone, decodeLimits, readBody } from '../body.js';
import { encodeFault } from '../encode.js';
import { faultHeaders, sendJson } from '../streamable/reply.js';
import { SseDoor } from './sse-door.js';

const JSON_TYPE = /^application\/json\s*(?:;.*)?$/i;
const ACCEPTED = ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', '8', 'Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff'] as const;

@Injectable()
export class Messages {
  readonly #limits: DecodeLimits;

  constructor(@Inject(Door) private readonly auth: Door, private readonly door: SseDoor, private readonly sessions: Sessions, private readonly settings: Settings) {
    this.#limits = decodeLimits(settings);
  }

  /**
   * Serves a POST that has passed the edge. Never throws.
   *
   * @param below what of the path stands behind the configured one. @param cors headers for the page that asks, if one does.
   */
  async serve(request: IncomingMessage, response: ServerResponse, below: string, cors: readonly string[]): Promise<void> {
    let presented: string | undefined;
    try {
      const admitted = this.auth.admit(request);
      const caller = admitted instanceof Promise ? await admitted : admitted;
      const id = sessionIdOf(request.url ?? '', below);
      const session = await this.sessions.resolve(id, caller, 'sse');
      presented = id;
      const body = await this.#decode(request, response);
      await this.door.receive(session, { caller, request }, body.kind === 'batch' ? body.messages : [body], body.kind === 'batch');
      response.writeHead(202, cors.length === 0 ? [...ACCEPTED] : [...ACCEPTED, ...cors]).end('Accepted', 'latin1');
    } catch (error) {
      if (!(error instanceof ClientGone)) this.#refuse(request, response, asFault(error), presented, cors);
    }
  }

  async #decode(request: IncomingMessage, response: ServerResponse): Promise<Body> {
    if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) throw fault('content_type_refused');
    if (request.headers['content-encoding'] !== undefined) throw fault('content_encoding_refused');
    const decoded = decodeOrRefuse(await readBody(request, response, this.settings.maxMessageBytes), this.#limits);
    if ('refused' in decoded) throw decoded.refused;
    return decoded.body;
  }

  #refuse(request: IncomingMessage, response: ServerResponse, raised: Fault, session: string | undefined, cors: readonly string[]): void {
    if (response.headersSent) return void response.destroy();
    // Only who presented a live session reads it back (rulings, "`data` in error envelope").
    const text = session === undefined ? encodeFault(raised) : this.#envelope(raised, session);
    sendJson(response, raised.row.http, text, [...cors, ...faultHeaders(raised), ...this.auth.headersFor(raised, request)]);
  }

  /** The error envelope of R278. */
  #envelope(raised: Fault, sessionId: string): string {
    return JSON.stringify({
      jsonrpc: '2.0', id: null,
      error: {
        code: -32000, message: raised.say,
        data: { method: 'POST', sessionId, connectionActive: this.door.isConnected(sessionId), type: 'message_handler_error' },
      },
    });
  }
}

/** In the query under either name, or as the one segment of the path. Throws `session_missing`, `route_unknown` for a longer path. */
function sessionIdOf(url: string, below: string): string {
  if (below.length > 1) {
    if (below.includes('/', 1)) throw fault('route_unknown');
    return below.slice(1);
  }
  const query = new URLSearchParams(url.slice(url.indexOf('?') + 1));
  const [id = '', ...others] = query.has('sessionId') ? query.getAll('sessionId') : query.getAll('session_id');
  if (id === '' || others.length > 0) throw fault('session_missing', { say: 'sessionId is required' });
  return id;
}
