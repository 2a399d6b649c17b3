/** Decides what a caller may read of an error, and what only the log may. */
import { HttpException } from '@nestjs/common';
import { Fault, fault } from '../../protocol/faults.js';
import type { RevisionRules } from '../../protocol/revision.js';
import { ToolError } from '../tool-error.js';

/** Where private details go. */
export interface FailureLog {
  error(event: string, fields: Record<string, unknown>): void;
}

export class Failures {
  /** @param reference makes the short text that joins a public sentence to its log line. */
  constructor(private readonly log: FailureLog, private readonly reference: () => string) {}

  /** The fault to answer with; anything unforeseen becomes `internal` with a reference to the log. Never throws. */
  asFault(error: unknown, method: string): Fault {
    try {
      return this.#faultOf(error, method);
    } catch {
      return fault('internal', { data: { reference: this.#report(ILLEGIBLE, { method }) } });
    }
  }

  /** One plain sentence for the model that called a tool which failed (R208). Never throws. */
  toolMessage(error: unknown, tool: string, timeoutMs: number, rules: RevisionRules): string {
    try {
      return this.#sentenceOf(error, tool, timeoutMs, rules);
    } catch {
      return `${tool} failed (reference ${this.#report(ILLEGIBLE, { tool, revision: rules.revision })})`;
    }
  }

  #faultOf(error: unknown, method: string): Fault {
    if (error instanceof Fault) {
      if (error.row.log === 'error') this.log.error('call.failed', { method, fault: error.fault, detail: error.detail, err: error.cause });
      return error;
    }
    const message = publicMessage(error);
    if (error instanceof HttpException && error.getStatus() === 404) return fault('resource_unknown', { say: message, cause: error });
    if (message !== undefined) return fault('internal', { say: message, cause: error });
    return fault('internal', { data: { reference: this.#report(error, { method }) }, cause: error });
  }

  #sentenceOf(error: unknown, tool: string, timeoutMs: number, rules: RevisionRules): string {
    if (error instanceof Fault) {
      return error.fault === 'call_too_slow' ? `${tool} did not finish within ${timeoutMs / 1000} s` : error.say;
    }
    const message = publicMessage(error);
    return message ?? `${tool} failed (reference ${this.#report(error, { tool, revision: rules.revision })})`;
  }

  #report(error: unknown, fields: Record<string, unknown>): string {
    const reference = this.reference();
    this.log.error('call.failed', { ...fields, reference, err: error });
    return reference;
  }
}

// A thrown object may be made so that looking at it throws, and again, and again.
const ILLEGIBLE = 'an error that cannot be read';

// A ToolError, or a Nest exception below 500, was written for the caller; any other message may hold a secret.
function publicMessage(error: unknown): string | undefined {
  if (error instanceof ToolError) return error.message;
  if (!(error instanceof HttpException) || error.getStatus() >= 500) return undefined;
  const response = error.getResponse();
  // An error in place of a body lends the exception its message, which Nest promises to keep from clients.
  if (response instanceof Error) return undefined;
  const message: unknown = typeof response === 'object' && 'message' in response ? response.message : undefined;
  // Any other message is that of the exception too.
  return Array.isArray(message) ? message.join('; ') : error.message;
}
