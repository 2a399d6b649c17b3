/** `GET /sse`: the stream of the 2024-11-05 HTTP+SSE transport, for clients that know no other (R170–R185). */
import { Controller, Inject, Req, Res, Sse, SseSignal, UseFilters, type MessageEvent } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Observable } from 'rxjs';
import { Settings } from '../../config/settings.js';
import { Door } from '../../auth/door.port.js';
import { Drain } from '../drain.js';
import { FaultFilter } from '../fault.filter.js';
import { SseDoor } from './sse-door.js';

// Characters that may wait for a client that has stopped reading; past it Nest drops the connection.
const MAX_PENDING = 1024 * 1024;

@Controller()
@UseFilters(FaultFilter)
export class SseController {
  constructor(@Inject(Door) private readonly auth: Door, private readonly door: SseDoor, private readonly drain: Drain, private readonly settings: Settings) {}

  @Sse('sse', { maxPendingDataLength: MAX_PENDING })
  async open(@Req() request: Request, @Res({ passthrough: true }) response: Response, @SseSignal() signal: AbortSignal): Promise<Observable<MessageEvent>> {
    const caller = await this.auth.admit(request);
    this.drain.refuseNewWork();
    response.set(this.settings.sseHeaders);
    return this.door.open(caller, signal, request);
  }
}
