/** `POST /stream-tickets`: what a page shows instead of a credential when it opens the stream with EventSource (R26, R85 as ruled). */
import { Controller, Inject, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Door } from '../../auth/door.port.js';
import { StreamTickets, TICKET_SECONDS } from '../../auth/stream-tickets.js';
import { Settings } from '../../config/settings.js';
import { FaultFilter } from '../fault.filter.js';

@Controller('stream-tickets')
@UseFilters(FaultFilter)
export class StreamTicketsController {
  constructor(@Inject(Door) private readonly door: Door, private readonly tickets: StreamTickets, private readonly settings: Settings) {}

  /** A ticket for the stream of HTTP+SSE, good once and for half a minute; 404 while tickets are not offered. */
  @Post()
  async issue(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<{ ticket: string; expiresIn: number }> {
    const caller = await this.door.admit(request);
    response.status(201);
    return { ticket: this.tickets.issue({ caller, source: request }, this.settings.ssePath), expiresIn: TICKET_SECONDS };
  }
}
