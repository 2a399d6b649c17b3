/** What a test asks of a client, whichever official package it is made of. */
import type {
  CallToolResult, CompleteResult, CreateMessageResult, ElicitResult, GetPromptResult, ListPromptsResult,
  ListResourcesResult, ListResourceTemplatesResult, LoggingLevel, ReadResourceResult, Root,
} from '@modelcontextprotocol/client';
import type { Inbox } from './mcp-deadline.js';

/** How the person, the model and the host behind a client answer; what is absent is not declared as a capability. */
export interface Answers {
  elicit?(question: { message: string; requestedSchema?: unknown; url?: string }): ElicitResult | Promise<ElicitResult>;
  sample?(request: { messages: unknown[]; maxTokens: number }): CreateMessageResult | Promise<CreateMessageResult>;
  roots?(): Root[];
}

/** A notification as the client received it. */
export interface Notice {
  method: string;
  params: Record<string, unknown>;
}

/** Options of one call. */
export interface CallOptions {
  onprogress?: (progress: { progress: number; total?: number; message?: string }) => void;
  signal?: AbortSignal;
  meta?: Record<string, unknown>;
  /** Told of every event id of the call's stream. */
  onresumptiontoken?: (token: string) => void;
}

/** The methods both packages spell alike. */
export interface Verbs {
  ping(): Promise<unknown>;
  listResources(): Promise<ListResourcesResult>;
  listResourceTemplates(): Promise<ListResourceTemplatesResult>;
  listPrompts(): Promise<ListPromptsResult>;
  readResource(params: { uri: string }): Promise<ReadResourceResult>;
  getPrompt(params: { name: string; arguments?: Record<string, string> }): Promise<GetPromptResult>;
  complete(params: { ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string }; argument: { name: string; value: string } }): Promise<CompleteResult>;
  subscribeResource(params: { uri: string }): Promise<unknown>;
  unsubscribeResource(params: { uri: string }): Promise<unknown>;
  setLoggingLevel(level: LoggingLevel): Promise<unknown>;
}

/** A tool as lists describe it, as far as both packages agree on its type. */
export interface ListedTool {
  name: string;
  title?: string;
  description?: string;
  inputSchema: { type: 'object'; properties?: object };
  outputSchema?: object;
}

/** A connected client. */
export interface Peer {
  readonly verbs: Verbs;
  /** The revision that was negotiated. */
  readonly revision: string;
  readonly serverName: string | undefined;
  /** Every notification but progress. */
  readonly notices: Inbox<Notice>;
  /** What the client complained about; a good server leaves it empty. */
  readonly complaints: Inbox<Error>;
  call(name: string, args?: Record<string, unknown>, options?: CallOptions): Promise<CallToolResult>;
  /** All tools, however many pages it takes. */
  listTools(): Promise<ListedTool[]>;
  /** One page, as the wire has it. */
  listToolsPage(cursor?: string): Promise<{ tools: ListedTool[]; nextCursor?: string }>;
  close(): Promise<void>;
}

/** The words of a result. */
export function textOf(result: CallToolResult): string {
  return result.content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('\n');
}

type Empty = Record<string, never>;

/** The capabilities that go with the answers. */
export function capabilitiesFor(answers: Answers): { elicitation?: Empty; sampling?: Empty; roots?: Empty } {
  return {
    ...(answers.elicit ? { elicitation: {} } : {}),
    ...(answers.sample ? { sampling: {} } : {}),
    ...(answers.roots ? { roots: {} } : {}),
  };
}

/** A model's answer. */
export function saying(text: string): CreateMessageResult {
  return { role: 'assistant', model: 'a-model-for-tests', content: { type: 'text', text } };
}
