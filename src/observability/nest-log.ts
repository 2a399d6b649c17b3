/** Nest's own messages, in the one log. */
import type { LoggerService } from '@nestjs/common';
import type { Log } from './log.js';

export class NestLog implements LoggerService {
  constructor(private readonly to: Log) {}

  // Nest tells about each module and route at start; that is detail here.
  log(message: unknown, context?: unknown): void {
    this.to.debug('nest.log', { message: String(message), context });
  }

  debug(message: unknown, context?: unknown): void {
    this.to.debug('nest.debug', { message: String(message), context });
  }

  verbose(message: unknown, context?: unknown): void {
    this.to.debug('nest.verbose', { message: String(message), context });
  }

  warn(message: unknown, context?: unknown): void {
    this.to.warn('nest.warn', { message: String(message), context });
  }

  error(message: unknown, stack?: unknown, context?: unknown): void {
    this.to.error('nest.error', { message: String(message), stack, context });
  }

  fatal(message: unknown, stack?: unknown, context?: unknown): void {
    this.to.error('nest.fatal', { message: String(message), stack, context });
  }
}
