/** `GET /sse`: the stream of the 2024-11-05 HTTP+SSE transport, for clients that know no other (R170–R185). */
import { Controller, Inject, Query, Req, Res, Sse, SseSignal, UseFilters, type MessageEvent } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Observable } from 'rxjs';
import { Settings } from '../../config/settings.js';
import { Door } from '../../auth/door.port.js';
import { clientAddress } from '../../limits/client-address.js';
import { Limits } from '../../limits/limits.service.js';
import { Drain } from '../drain.js';
import { FaultFilter } from '../fault.filter.js';
import { setHeaders } from '../streamable/reply.js';
import { SseDoor } from './sse-door.js';

// Characters that may wait for a client that has stopped reading; past it Nest drops the connection.
const MAX_PENDING = 1024 * 1024;

/** Where the front door sends what came to the configured path. */
export const SSE_ROUTE = '/-/sse';

@Controller()
@UseFilters(FaultFilter)
export class SseController {
  constructor(@Inject(Door) private readonly auth: Door, private readonly door: SseDoor, private readonly limits: Limits, private readonly drain: Drain, private readonly settings: Settings) {}

  @Sse(SSE_ROUTE, { maxPendingDataLength: MAX_PENDING })
  async open(@Req() request: Request, @Res({ passthrough: true }) response: Response, @SseSignal() signal: AbortSignal, @Query('ticket') ticket?: string): Promise<Observable<MessageEvent>> {
    const address = clientAddress(request, this.settings);
    const quota = await this.limits.visit('stream_open', address);
    const caller = await this.auth.admitStream(request, this.settings.streamTickets ? ticket : undefined, this.settings.ssePath);
    this.drain.refuseNewWork();
    const evicted = new AbortController();
    const over = AbortSignal.any([signal, evicted.signal]);
    const leave = await this.limits.holdStream({ address, caller, whenLost: () => evicted.abort() });
    // Later than here it would be too late: an abort that is over calls nobody back.
    if (over.aborted) leave();
    else over.addEventListener('abort', leave, { once: true });
    const stream = await this.door.open(caller, request, response, over).catch((error: unknown) => {
      leave();
      throw error;
    });
    setHeaders(response, quota);
    insist(response, this.settings.sseHeaders);
    return stream;
  }
}

// R264: configured headers win even over those Nest writes with the head of every stream.
function insist(response: Response, headers: Readonly<Record<string, string>>): void {
  const writeHead = response.writeHead.bind(response);
  response.writeHead = (status: number, ...rest: unknown[]) => {
    const own = rest.find((argument) => typeof argument === 'object');
    const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
    const kept = Object.entries(own ?? {}).filter(([name]) => !names.has(name.toLowerCase()));
    return writeHead(status, { ...Object.fromEntries(kept), ...headers });
  };
}
