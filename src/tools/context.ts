/** What a tool, resource or prompt method receives as its last argument. */
import type { Caller } from '../protocol/caller.js';
import type { Revision } from '../protocol/revision.js';
import type {
  ClientCapabilities, CreateMessageParams, CreateMessageResult, Implementation, JsonSchema, LoggingLevel, Root,
} from '../protocol/wire.js';
import type { Schema } from './schema.js';

/** A form the person behind the client is asked to fill in (elicitation, form mode). */
export interface FormQuestion<T = Record<string, unknown>> {
  /** Names the question within the call; by default its ordinal. Must be the same on every run of the handler. */
  key?: string;
  message: string;
  /** A flat object of primitive members: zod, any Standard Schema that can print JSON Schema, or JSON Schema. */
  schema: Schema<T> | JsonSchema;
}

/** A page the person is asked to visit (elicitation, URL mode; needs revision 2025-11-25 or later). */
export interface UrlQuestion {
  key?: string;
  message: string;
  url: string;
}

/** The person's decision; `content` is present exactly when a form was accepted. */
export interface Answer<T = Record<string, unknown>> {
  action: 'accept' | 'decline' | 'cancel';
  content?: T;
}

/** Names a question of `sample` or `roots`; see {@link FormQuestion.key}. */
export interface QuestionOptions {
  key?: string;
}

/** The doors of this server. */
export type TransportName = 'streamable-http' | 'sse' | 'stdio';

/** The other side of the call. */
export interface ClientView {
  /** As the client calls itself: for display, never for a decision. */
  info: Implementation | undefined;
  capabilities: ClientCapabilities;
}

/**
 * The call, as its handler sees it. One linear handler serves every revision: where the wire can push a question the
 * promise simply waits; on 2026-07-28 the handler runs again from its start with earlier answers and steps replayed,
 * so everything that must happen once belongs into {@link ToolContext.step}.
 */
export interface ToolContext {
  readonly caller: Caller;
  readonly client: ClientView;
  readonly revision: Revision;
  /** The door the call came through. */
  readonly transport: TransportName;
  /** Fires when the caller cancels, the deadline passes or the server drains. */
  readonly signal: AbortSignal;
  /** When the call is answered without its handler, in milliseconds since the epoch. */
  readonly deadline: number;

  /** Reports progress; sent only where the caller asked for it, and only while it grows. */
  progress(progress: number, total?: number, message?: string): void;
  /** Sends a log message, where the caller asked for this level. */
  log(level: LoggingLevel, data: unknown, logger?: string): void;
  /** Asks the person. Throws `capability_missing` where the client cannot. */
  ask<T = Record<string, unknown>>(question: FormQuestion<T> | UrlQuestion): Promise<Answer<T>>;
  /** Asks the client's model for a completion. Throws `capability_missing` where the client cannot. */
  sample(request: CreateMessageParams, options?: QuestionOptions): Promise<CreateMessageResult>;
  /** Asks which directories the client works in. Throws `capability_missing` where the client cannot. */
  roots(options?: QuestionOptions): Promise<Root[]>;
  /**
   * Runs `work` once per call, however often the handler is replayed, and returns its result. The result must survive
   * JSON; names are unique within the handler.
   */
  step<T>(name: string, work: () => T | Promise<T>): Promise<T>;
  /** Drops the caller's stream for now; a client of 2025-11-25 comes back after `retryMs` and reads on (SEP-1699). */
  disconnect(retryMs?: number): void;
}
