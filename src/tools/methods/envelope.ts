/** Prints results: the members each revision wants around what a handler yielded. */
import { fault } from '../../protocol/faults.js';
import { metaKeys } from '../../protocol/meta-keys.js';
import type { RevisionRules } from '../../protocol/revision.js';
import type { Implementation } from '../../protocol/wire.js';

/** Caching hints of 2026-07-28 ("Caching"). */
export interface CacheHints {
  ttlMs: number;
  cacheScope: 'public' | 'private';
}

/** Any result, before printing. */
export interface ResultMembers {
  _meta?: Record<string, unknown> | undefined;
  [name: string]: unknown;
}

export class Envelope {
  readonly #serverInfo: Implementation;
  readonly #prefix: string;

  constructor(serverInfo: Implementation, private readonly maxBytes: number) {
    this.#serverInfo = serverInfo;
    this.#prefix = `{"resultType":"complete","_meta":${JSON.stringify({ [metaKeys.serverInfo]: serverInfo })}`;
  }

  /** JSON text of a complete result. Throws `output_unusable` for cycles, BigInts and results beyond the limit. */
  print(rules: RevisionRules, members: ResultMembers, hints?: CacheHints): string {
    if (rules.era === 'session') return this.#stringify(members);
    const hinted = hints ? { ...members, ...hints } : members;
    // A result read from elsewhere may have these members already; none may stand twice.
    if (members._meta || 'resultType' in members) {
      return this.#stringify({ ...hinted, resultType: 'complete', _meta: { [metaKeys.serverInfo]: this.#serverInfo, ...members._meta } });
    }
    const body = this.#stringify(hinted);
    return body === '{}' ? `${this.#prefix}}` : `${this.#prefix},${body.slice(1)}`;
  }

  /** JSON text of an `input_required` result (2026-07-28 MRTR); it carries no caching hints. */
  printRound(inputRequests: object, requestState: string): string {
    return this.#stringify({
      resultType: 'input_required', _meta: { [metaKeys.serverInfo]: this.#serverInfo }, inputRequests, requestState,
    });
  }

  #stringify(value: object): string {
    let text: string;
    try {
      text = JSON.stringify(value);
    } catch (cause) {
      throw fault('output_unusable', { cause });
    }
    if (text.length > this.maxBytes) throw fault('output_unusable', { say: 'The result is larger than this server sends', detail: { length: text.length } });
    return text;
  }
}
