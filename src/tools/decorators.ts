/**
 * Marks provider methods as tools, resources, prompts and completions. Names and options are those of NestJS's
 * documented `@nestjs/mcp`, so that a class moves between the two unchanged.
 */
import 'reflect-metadata';
import type { ExecutionContext } from '@nestjs/common';
import { CUSTOM_ROUTE_ARGS_METADATA, ENTRY_PROVIDER_WATERMARK } from '@nestjs/common/internal';
import type { Requirement } from '../protocol/access.js';
import type { Annotations, Icon, JsonSchema, PromptArgument, ToolAnnotations } from '../protocol/wire.js';
import type { Schema } from './schema.js';

/** Members every kind shares. Who may use it: `roles`, `scopes` and `public` of {@link Requirement}. */
interface Described extends Requirement {
  /** Unique within its kind. Defaults to the method's name. */
  name?: string;
  /** For people. */
  title?: string;
  /** For models. */
  description?: string;
  icons?: Icon[];
  _meta?: Record<string, unknown>;
}

/** Options of {@link Tool}. */
export interface ToolOptions extends Described {
  /** Describes the arguments; an object. Absent: the tool takes none. */
  inputSchema?: Schema | JsonSchema;
  /** Describes `structuredContent`; a result that breaks it is withheld. */
  outputSchema?: Schema | JsonSchema;
  annotations?: ToolAnnotations;
  /** Milliseconds after which the call is answered without the handler. Defaults to the setting `toolTimeoutMs`. */
  timeoutMs?: number;
}

/** Options of {@link Resource}. */
export interface ResourceOptions extends Described {
  uri: string;
  mimeType?: string;
  size?: number;
  annotations?: Annotations;
}

/** Options of {@link ResourceTemplate}. */
export interface ResourceTemplateOptions extends Described {
  /** RFC 6570, levels 1 to 3. */
  uriTemplate: string;
  mimeType?: string;
  annotations?: Annotations;
}

/** Options of {@link Prompt}. */
export interface PromptOptions extends Described {
  /** Describes the arguments: an object of strings. */
  argsSchema?: Schema | JsonSchema;
  /** The arguments as clients list them; derived from `argsSchema` where absent. */
  arguments?: PromptArgument[];
}

/** Options of {@link Completion}: which argument of which prompt or resource template the method completes. */
export type CompletionOptions =
  | { prompt: string; argument: string }
  | { uriTemplate: string; argument: string };

/** One decorated method, as discovery finds it. */
export type Declaration =
  | { kind: 'tool'; options: ToolOptions }
  | { kind: 'resource'; options: ResourceOptions }
  | { kind: 'template'; options: ResourceTemplateOptions }
  | { kind: 'prompt'; options: PromptOptions }
  | { kind: 'completion'; options: CompletionOptions };

/** Where declarations are kept on a method. */
export const DECLARATIONS = 'gatehouse:declarations';

/** Where the positions of a method's arguments are kept, in the form Nest's pipes want. */
export const ARGUMENTS = 'gatehouse:arguments';
// Nest's number for a body: pipes see the first argument (what the caller sent) under the type `body`.
const BODY = 3;

type Positions = Record<string, { index: number }>;

function passedOn(...indexes: number[]): Positions {
  return Object.fromEntries(indexes.map((index) => [`mcp${CUSTOM_ROUTE_ARGS_METADATA}:${index}`, {
    index, data: undefined, pipes: [],
    factory: (_data: unknown, context: ExecutionContext): unknown => context.getArgByIndex(index),
  }]));
}

const sentByCaller = { [`${BODY}:0`]: { index: 0, data: undefined, pipes: [] }, ...passedOn(1, 2) };
// A URI was parsed here: a pipe that makes bodies instances of their class would make another one of it.
const madeHere = passedOn(0, 1, 2);

function declare(declaration: Declaration, positions: Positions = sentByCaller): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const method: object = descriptor.value;
    Reflect.defineMetadata(ARGUMENTS, positions, target.constructor, key);
    // Nest applies global enhancers of request scope to entry providers alone; a guard must not be left out in silence.
    Reflect.defineMetadata(ENTRY_PROVIDER_WATERMARK, true, target.constructor);
    const known: Declaration[] = Reflect.getMetadata(DECLARATIONS, method) ?? [];
    Reflect.defineMetadata(DECLARATIONS, [...known, declaration], method);
  };
}

/**
 * Offers the method as a tool: `method(args, context)`. It may return a string, any JSON value (sent as text, and as
 * `structuredContent` where an `outputSchema` stands), or a whole `CallToolResult`.
 */
export function Tool(options: ToolOptions = {}): MethodDecorator {
  return declare({ kind: 'tool', options });
}

/** Offers the method as a resource: `method(uri: URL, context)`, returning text, bytes or a `ReadResourceResult`. */
export function Resource(options: ResourceOptions): MethodDecorator {
  return declare({ kind: 'resource', options }, madeHere);
}

/** Offers the method as a family of resources: `method(uri: URL, variables, context)`. */
export function ResourceTemplate(options: ResourceTemplateOptions): MethodDecorator {
  return declare({ kind: 'template', options }, madeHere);
}

/** Offers the method as a prompt: `method(args, context)`, returning text, messages or a `GetPromptResult`. */
export function Prompt(options: PromptOptions = {}): MethodDecorator {
  return declare({ kind: 'prompt', options });
}

/** Completes an argument: `method(value: string, others: Record<string, string>, context)`, returning strings. */
export function Completion(options: CompletionOptions): MethodDecorator {
  return declare({ kind: 'completion', options });
}
