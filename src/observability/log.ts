/** One line for each event: its name and flat fields. Text from outside is a field, never part of the name. */
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export type LogFields = Record<string, unknown>;

/** Longest text of one field, in characters; the rest is cut (reliability row I1). */
const MAX_FIELD = 2048;

export class Log {
  constructor(private readonly logger: Logger) {}

  debug(event: string, fields?: LogFields): void {
    this.#write('debug', event, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#write('info', event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    this.#write('warn', event, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#write('error', event, fields);
  }

  #write(level: 'debug' | 'info' | 'warn' | 'error', event: string, fields: LogFields = {}): void {
    if (!this.logger.isLevelEnabled(level)) return;
    this.logger[level](shortened(fields), event);
  }
}

/**
 * Writes to standard error, which every transport leaves free: JSON for machines, one readable line for a terminal.
 * Synchronous, so that the last line before an exit is not lost.
 */
export function openLog(level: LogLevel, readable: boolean): Log {
  const options = { level, base: null, messageKey: 'event' };
  if (!readable) return new Log(pino(options, pino.destination({ fd: 2, sync: true })));
  return new Log(pino(options, pretty({ destination: 2, sync: true, messageKey: 'event', translateTime: 'HH:MM:ss', singleLine: true })));
}

function shortened(fields: LogFields): LogFields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' && value.length > MAX_FIELD ? `${value.slice(0, MAX_FIELD)}…` : value]));
}
