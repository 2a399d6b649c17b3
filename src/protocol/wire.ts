/**
 * The shapes of the specification as the official package types them. Types only: at run time nothing of it is
 * loaded. The compiler thus tells when the specification moves.
 */
import type {
  AnnotationsSchema, CallToolResultSchema, ClientCapabilitiesSchema, ContentBlockSchema,
  CreateMessageRequestParamsSchema, CreateMessageResultSchema, GetPromptResultSchema, IconSchema,
  ImplementationSchema, LoggingLevelSchema, PromptArgumentSchema, PromptMessageSchema, ReadResourceResultSchema,
  RootSchema, ServerCapabilitiesSchema, ToolAnnotationsSchema,
} from '@modelcontextprotocol/core';
import type { z } from 'zod';

export type Annotations = z.input<typeof AnnotationsSchema>;
export type CallToolResult = z.input<typeof CallToolResultSchema>;
export type ClientCapabilities = z.output<typeof ClientCapabilitiesSchema>;
export type ContentBlock = z.input<typeof ContentBlockSchema>;
export type CreateMessageParams = z.input<typeof CreateMessageRequestParamsSchema>;
export type CreateMessageResult = z.output<typeof CreateMessageResultSchema>;
export type GetPromptResult = z.input<typeof GetPromptResultSchema>;
export type Icon = z.input<typeof IconSchema>;
export type Implementation = z.output<typeof ImplementationSchema>;
export type LoggingLevel = z.output<typeof LoggingLevelSchema>;
export type PromptArgument = z.input<typeof PromptArgumentSchema>;
export type PromptMessage = z.input<typeof PromptMessageSchema>;
export type ReadResourceResult = z.input<typeof ReadResourceResultSchema>;
export type Root = z.output<typeof RootSchema>;
export type ServerCapabilities = z.input<typeof ServerCapabilitiesSchema>;
export type ToolAnnotations = z.input<typeof ToolAnnotationsSchema>;

/** A JSON Schema 2020-12 document, as an author writes it and a client reads it. */
export interface JsonSchema {
  [keyword: string]: unknown;
}
