/**
 * How a call that lacks a credential or a scope is answered: as a transport challenge, or, for clients that react only
 * to a tool result, as a result that carries the challenge (contract line 17).
 */
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Door } from '../auth/door.port.js';
import { Settings } from '../config/settings.js';
import type { Fault } from '../protocol/faults.js';
import type { RevisionRules } from '../protocol/revision.js';
import type { Implementation } from '../protocol/wire.js';

/** The refusals of one call. */
export interface CallRefusals {
  /** Headers of a transport challenge. */
  headers(raised: Fault): string[];
  /** JSON text of the result to send instead; undefined where the transport shall say it. */
  result(raised: Fault): string | undefined;
}

// Clients of which is known that a bare 401 or 403 on a call does not open their login.
const READS_RESULTS = /openai|chatgpt|codex/i;

@Injectable()
export class Refusals {
  constructor(@Inject(Door) private readonly door: Door, private readonly settings: Settings) {}

  of(request: IncomingMessage, client: Implementation | undefined, rules: RevisionRules): CallRefusals {
    return {
      headers: (raised) => this.door.headersFor(raised, request),
      result: (raised) => (this.#wantsResult(client) ? this.#result(raised, rules) : undefined),
    };
  }

  #wantsResult(client: Implementation | undefined): boolean {
    switch (this.settings.challengeDialect) {
      case 'transport': return false;
      case 'result': return true;
      case 'auto': return client !== undefined && READS_RESULTS.test(client.name);
    }
  }

  #result(raised: Fault, rules: RevisionRules): string | undefined {
    const challenge = raised.challenge && this.door.challengeText(raised);
    if (challenge === undefined) return undefined;
    return JSON.stringify({
      ...(rules.era === 'request' ? { resultType: 'complete' } : {}),
      content: [{ type: 'text', text: raised.say }], isError: true, _meta: { 'mcp/www_authenticate': [challenge] },
    });
  }
}
