/** The severities of log messages. */
import type { LoggingLevel } from '../protocol/wire.js';

/** RFC 5424 severities, least first (specification, "Log Levels"). */
export const loggingLevels: readonly LoggingLevel[] = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** True for the name of a severity. */
export function isLoggingLevel(value: unknown): value is LoggingLevel {
  return loggingLevels.some((level) => level === value);
}
