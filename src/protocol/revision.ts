/** Which rule holds at which revision of the specification: one table, so that no other file compares dates. */

/** The revisions this server speaks, oldest first. */
export const revisions = ['2024-10-07', '2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25', '2026-07-28'] as const;
export type Revision = (typeof revisions)[number];

/** The rules of one revision. */
export interface RevisionRules {
  revision: Revision;
  /** `session`: an initialize handshake and a session; `request`: everything travels with each request. */
  era: 'session' | 'request';
  /** JSON-RPC batches (added in 2025-03-26, removed in 2025-06-18). */
  batches: boolean;
  /** Audio content blocks exist (2025-03-26). */
  audio: boolean;
  /** `structuredContent`, `outputSchema` and resource links exist (2025-06-18). */
  structured: boolean;
  /** `structuredContent` may be any JSON value and `outputSchema` any schema (SEP-2106, 2026-07-28). */
  structuredAny: boolean;
  /** Arguments that break their schema come back as a tool result, so that a model can correct itself (SEP-1303, 2025-11-25). */
  argumentErrorsAsResult: boolean;
  /** A stream opens with an event that has an id and no data (SEP-1699, 2025-11-25); older clients choke on empty data. */
  primingEvents: boolean;
  /** The code of an unknown resource (−32602 since 2026-07-28). */
  resourceUnknownCode: -32002 | -32602;
  /** URL-mode elicitation exists (2025-11-25). */
  urlElicitation: boolean;
  /** Progress carries a `message` (2025-03-26). */
  progressMessages: boolean;
}

const session = { era: 'session', resourceUnknownCode: -32002, structuredAny: false } as const;
const first = {
  ...session, batches: false, audio: false, structured: false, argumentErrorsAsResult: false,
  primingEvents: false, urlElicitation: false, progressMessages: false,
} as const;

const table: Record<Revision, RevisionRules> = {
  '2024-10-07': { revision: '2024-10-07', ...first },
  '2024-11-05': { revision: '2024-11-05', ...first },
  '2025-03-26': { revision: '2025-03-26', ...first, batches: true, audio: true, progressMessages: true },
  '2025-06-18': { revision: '2025-06-18', ...first, audio: true, progressMessages: true, structured: true },
  '2025-11-25': {
    revision: '2025-11-25', ...first, audio: true, progressMessages: true, structured: true,
    argumentErrorsAsResult: true, primingEvents: true, urlElicitation: true,
  },
  '2026-07-28': {
    revision: '2026-07-28', era: 'request', batches: false, audio: true, structured: true, structuredAny: true,
    argumentErrorsAsResult: true, primingEvents: false, resourceUnknownCode: -32602, urlElicitation: true,
    progressMessages: true,
  },
};

/** The newest revision with an initialize handshake: what an unknown request is negotiated down to. */
export const newestSessionRevision: Revision = '2025-11-25';
/** The revisions this server speaks, newest first, as `server/discover` and −32022 list them. */
export const supportedRevisions: readonly Revision[] = revisions.toReversed();

/** True when the text names a revision this server speaks. */
export function isRevision(text: unknown): text is Revision {
  return typeof text === 'string' && Object.hasOwn(table, text);
}

/** The rules of a revision. */
export function rulesOf(revision: Revision): RevisionRules {
  return table[revision];
}

/** The revision an `initialize` that asks for `requested` is answered with: the same where possible, else the newest. */
export function negotiate(requested: unknown): Revision {
  return isRevision(requested) && table[requested].era === 'session' ? requested : newestSessionRevision;
}
