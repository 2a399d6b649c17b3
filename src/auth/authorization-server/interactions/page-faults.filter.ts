/** Refusals on pages are pages too: a person reads a sentence, the log has the detail. */
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { errors } from 'oidc-provider';
import { Log } from '../../../observability/log.js';
import { asFault, fault, type Fault } from '../../../protocol/faults.js';
import { errorPage } from './pages/message-pages.js';
import { PageWriter } from './page-writer.js';

@Catch()
export class PageFaults implements ExceptionFilter {
  constructor(private readonly writer: PageWriter, private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const raised = recognised(error);
    const status = raised.row.http === 200 ? 500 : raised.row.http;
    this.log[raised.row.log]('page.refused', { fault: raised.fault, detail: raised.detail, error: raised.cause instanceof Error ? raised.cause.stack : undefined });
    if (response.headersSent) {
      response.end();
      return;
    }
    this.writer.page(response, errorPage({ error: raised.fault, description: raised.say, status }), status, raised.retryAfterSeconds);
  }
}

// A posted form without its interaction is a forgery or a replay; a page without it was left open too long.
function recognised(error: unknown): Fault {
  if (error instanceof errors.SessionNotFound) return fault('sign_in_over', { detail: error.error_description });
  return asFault(error);
}
