/** Answers a fault that a controller threw in the dialect of the doors. */
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Fault } from '../protocol/faults.js';
import { sendFault } from './streamable/reply.js';

@Catch(Fault)
export class FaultFilter implements ExceptionFilter<Fault> {
  catch(raised: Fault, host: ArgumentsHost): void {
    sendFault(host.switchToHttp().getResponse<ServerResponse>(), raised);
  }
}
