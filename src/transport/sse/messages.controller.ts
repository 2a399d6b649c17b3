/** `POST /messages`: what a client of the HTTP+SSE transport has to say; the answer goes to its stream (R173–R184, R256–R258). */
import { Controller, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Settings } from '../../config/settings.js';
import { Door } from '../../auth/door.port.js';
import { decodeOrRefuse } from '../../protocol/decode.js';
import { asFault, fault, type Fault } from '../../protocol/faults.js';
import type { Body } from '../../protocol/message.js';
import { Sessions } from '../../sessions/sessions.service.js';
import { ClientGone, decodeLimits, readBody } from '../body.js';
import { encodeFault } from '../encode.js';
import { SseDoor } from './sse-door.js';

const JSON_TYPE = /^application\/json\s*(?:;.*)?$/i;

/** Where the front door sends what came to the configured path. */
export const MESSAGES_ROUTE = '/-/messages';

@Controller(MESSAGES_ROUTE)
export class MessagesController {
  constructor(@Inject(Door) private readonly auth: Door, private readonly door: SseDoor, private readonly sessions: Sessions, private readonly settings: Settings) {}

  @Post()
  byQuery(@Req() request: Request, @Res() response: Response, @Query('sessionId') camel?: string, @Query('session_id') snake?: string): Promise<void> {
    return this.#post(request, response, camel ?? snake);
  }

  @Post(':sessionId')
  byPath(@Req() request: Request, @Res() response: Response, @Param('sessionId') id: string): Promise<void> {
    return this.#post(request, response, id);
  }

  async #post(request: Request, response: Response, id: unknown): Promise<void> {
    let presented: string | undefined;
    try {
      const caller = await this.auth.admit(request);
      if (typeof id !== 'string' || id === '') throw fault('session_missing', { say: 'sessionId is required' });
      const session = await this.sessions.resolve(id, caller, 'sse');
      presented = id;
      const body = await this.#decode(request, response);
      await this.door.receive(session, { caller, request }, body.kind === 'batch' ? body.messages : [body], body.kind === 'batch');
      // Written by hand: Express would hash, type and split these eight bytes at the cost of the whole call.
      response.writeHead(202, ['Content-Type', 'text/plain; charset=utf-8', 'Content-Length', '8']).end('Accepted');
    } catch (error) {
      if (!(error instanceof ClientGone)) this.#refuse(request, response, asFault(error), presented);
    }
  }

  async #decode(request: Request, response: Response): Promise<Body> {
    if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) throw fault('content_type_refused');
    if (request.headers['content-encoding'] !== undefined) throw fault('content_encoding_refused');
    const bytes = await readBody(request, response, this.settings.maxMessageBytes);
    const decoded = decodeOrRefuse(bytes, decodeLimits(this.settings));
    if ('refused' in decoded) throw decoded.refused;
    return decoded.body;
  }

  #refuse(request: Request, response: Response, raised: Fault, session: string | undefined): void {
    if (raised.retryAfterSeconds !== undefined) response.set('Retry-After', String(raised.retryAfterSeconds));
    const challenge = this.auth.headersFor(raised, request);
    const headers = [...raised.headers, ...challenge];
    for (let index = 0; index + 1 < headers.length; index += 2) response.set(headers[index] ?? '', headers[index + 1] ?? '');
    if (raised.row.http === 413) response.set('Connection', 'close');
    // Only who presented a live session reads it back (rulings, "`data` in error envelope").
    const text = session === undefined ? encodeFault(raised) : this.#envelope(raised, session);
    response.status(raised.row.http).type('application/json').send(text);
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
