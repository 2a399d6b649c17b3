/** Answers a fault that a controller threw in the dialect of the doors. */
import { Catch, Inject, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Door } from '../auth/door.port.js';
import { Fault } from '../protocol/faults.js';
import { sendFault } from './streamable/reply.js';

@Catch(Fault)
@Injectable()
export class FaultFilter implements ExceptionFilter<Fault> {
  constructor(@Inject(Door) private readonly door: Door) {}

  catch(raised: Fault, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendFault(http.getResponse<ServerResponse>(), raised, undefined, this.door.headersFor(raised, http.getRequest<IncomingMessage>()));
  }
}
