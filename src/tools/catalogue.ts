/** Everything this server offers: tools, resources, templates, prompts and completions, by name and in stable order. */
import { Injectable } from '@nestjs/common';
import { mirroredParameters, type MirroredParameter } from '../protocol/header-mirror.js';
import type { JsonSchema } from '../protocol/wire.js';
import { ChangeFeed } from './change-feed.js';
import type { ToolContext } from './context.js';
import type {
  CompletionOptions, PromptOptions, ResourceOptions, ResourceTemplateOptions, ToolOptions,
} from './decorators.js';
import { compileSchema, type CompiledSchema } from './schema/compile.js';
import { compileUriTemplate, type TemplateVariables, type UriTemplate } from './uri-template.js';

/** Handlers, as the catalogue keeps them: a decorated method behind Nest's enhancers, or a plain function. */
export type ToolHandler = (args: Record<string, unknown>, context: ToolContext) => unknown;
export type ResourceHandler = (uri: URL, context: ToolContext) => unknown;
export type TemplateHandler = (uri: URL, variables: TemplateVariables, context: ToolContext) => unknown;
export type PromptHandler = (args: Record<string, unknown>, context: ToolContext) => unknown;
export type CompletionHandler = (value: string, others: Record<string, string>, context: ToolContext) => unknown;

/** Options of something registered by name at run time. */
export type Named<O> = O & { name: string };

/** One offered tool. */
export interface ToolEntry {
  /** What it is found and sorted by: a name, a URI or a template. */
  key: string;
  name: string;
  options: Named<ToolOptions>;
  input: CompiledSchema | undefined;
  output: CompiledSchema | undefined;
  mirrored: readonly MirroredParameter[];
  handler: ToolHandler;
}
export interface ResourceEntry {
  key: string;
  name: string;
  options: Named<ResourceOptions>;
  handler: ResourceHandler;
}
export interface TemplateEntry {
  key: string;
  name: string;
  options: Named<ResourceTemplateOptions>;
  template: UriTemplate;
  handler: TemplateHandler;
}
export interface PromptEntry {
  key: string;
  name: string;
  options: Named<PromptOptions>;
  input: CompiledSchema | undefined;
  handler: PromptHandler;
}
export interface CompletionEntry {
  options: CompletionOptions;
  handler: CompletionHandler;
}

/** The handle of something registered at run time. Both verbs send the list change to open streams. */
export interface Registration<O> {
  /** Replaces members of the options. Throws where it was removed, or where the result would be refused. */
  update(changes: Partial<O>): void;
  /** Takes it off the list. Calls that run go on. */
  remove(): void;
}

/** A kept collection: sorted by key, with a version that changes with its content. */
export class Shelf<E extends { key: string }> {
  readonly #byKey = new Map<string, E>();
  #sorted: E[] | undefined;
  version = 0;

  find(key: string): E | undefined {
    return this.#byKey.get(key);
  }

  /** Sorted by key, so that every process lists alike. */
  all(): readonly E[] {
    return (this.#sorted ??= [...this.#byKey.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1)));
  }

  set(entry: E): void {
    this.#byKey.set(entry.key, entry);
    this.#touch();
  }

  delete(key: string): void {
    if (this.#byKey.delete(key)) this.#touch();
  }

  #touch(): void {
    this.#sorted = undefined;
    this.version++;
  }
}

const TOOL_NAME = /^[A-Za-z0-9_.\-/]{1,128}$/;

@Injectable()
export class Catalogue {
  readonly tools = new Shelf<ToolEntry>();
  readonly resources = new Shelf<ResourceEntry>();
  readonly templates = new Shelf<TemplateEntry>();
  readonly prompts = new Shelf<PromptEntry>();
  readonly #completions = new Map<string, CompletionEntry>();

  constructor(private readonly changes: ChangeFeed) {}

  /**
   * Offers a tool from now on. Throws an Error with the reason when the name is taken or malformed, or a schema is
   * refused.
   */
  addTool(options: Named<ToolOptions>, handler: ToolHandler): Registration<ToolOptions> {
    return this.#offer(this.tools, options, 'tools', options.name, (merged) => toolEntry(merged, handler));
  }

  /** Offers a resource from now on. Throws an Error when the URI is taken or malformed. */
  addResource(options: Named<ResourceOptions>, handler: ResourceHandler): Registration<ResourceOptions> {
    if (!URL.canParse(options.uri)) throw new Error(`Resource ${options.name}: ${options.uri} is not an absolute URI`);
    return this.#offer(this.resources, options, 'resources', options.uri, (merged) => ({ key: options.uri, name: merged.name, options: { ...merged, uri: options.uri }, handler }));
  }

  /** Offers a family of resources from now on. Throws an Error when the template is taken or malformed. */
  addResourceTemplate(options: Named<ResourceTemplateOptions>, handler: TemplateHandler): Registration<ResourceTemplateOptions> {
    const template = compileUriTemplate(options.uriTemplate);
    return this.#offer(this.templates, options, 'resources', options.uriTemplate, (merged) => ({ key: options.uriTemplate, name: merged.name, options: { ...merged, uriTemplate: options.uriTemplate }, template, handler }));
  }

  /** Offers a prompt from now on. Throws an Error when the name is taken or the schema is refused. */
  addPrompt(options: Named<PromptOptions>, handler: PromptHandler): Registration<PromptOptions> {
    return this.#offer(this.prompts, options, 'prompts', options.name, (merged) => promptEntry(merged, handler));
  }

  /** Completes one argument from now on; a later registration for the same argument replaces it. */
  addCompletion(options: CompletionOptions, handler: CompletionHandler): void {
    this.#completions.set(completionKey(options), { options, handler });
  }

  findCompletion(options: CompletionOptions): CompletionEntry | undefined {
    return this.#completions.get(completionKey(options));
  }

  /** The template that makes a URI, with its variables. */
  findTemplate(uri: string): { entry: TemplateEntry; variables: TemplateVariables } | undefined {
    for (const entry of this.templates.all()) {
      const variables = entry.template.match(uri);
      if (variables) return { entry, variables };
    }
    return undefined;
  }

  /** Tells subscribers that the content of a resource changed. */
  resourceUpdated(uri: string): void {
    this.changes.announce({ kind: 'resource', uri });
  }

  #offer<E extends { key: string }, O>(
    shelf: Shelf<E>, options: Named<O>, kind: 'tools' | 'resources' | 'prompts', key: string, make: (options: Named<O>) => E,
  ): Registration<O> {
    if (shelf.find(key)) throw new Error(`${key} is offered twice`);
    let current = options;
    let entry = make(current);
    shelf.set(entry);
    this.changes.announce({ kind });
    const present = (): boolean => shelf.find(key) === entry;
    return {
      update: (changes) => {
        if (!present()) throw new Error(`${key} is no longer offered`);
        const next = { ...current, ...changes, name: current.name };
        entry = make(next);
        current = next;
        shelf.set(entry);
        this.changes.announce({ kind });
      },
      remove: () => {
        if (!present()) return;
        shelf.delete(key);
        this.changes.announce({ kind });
      },
    };
  }
}

function completionKey(options: CompletionOptions): string {
  return JSON.stringify('prompt' in options ? ['prompt', options.prompt, options.argument] : ['template', options.uriTemplate, options.argument]);
}

function toolEntry(options: Named<ToolOptions>, handler: ToolHandler): ToolEntry {
  if (!TOOL_NAME.test(options.name)) throw new Error(`Tool ${options.name}: a name has 1 to 128 of A-Z a-z 0-9 _ - . /`);
  try {
    const input = options.inputSchema && compileSchema(options.inputSchema, 'input');
    if (input && input.json['type'] !== 'object') throw new Error('its inputSchema does not describe an object');
    const output = options.outputSchema && compileSchema(options.outputSchema, 'output');
    return { key: options.name, name: options.name, options, input, output, mirrored: mirrored(input?.json), handler };
  } catch (error) {
    throw new Error(`Tool ${options.name} is refused: ${reason(error)}`, { cause: error });
  }
}

function promptEntry(options: Named<PromptOptions>, handler: PromptHandler): PromptEntry {
  try {
    return { key: options.name, name: options.name, options, input: options.argsSchema && compileSchema(options.argsSchema, 'input'), handler };
  } catch (error) {
    throw new Error(`Prompt ${options.name} is refused: ${reason(error)}`, { cause: error });
  }
}

function mirrored(schema: JsonSchema | undefined): readonly MirroredParameter[] {
  return schema ? mirroredParameters(schema) : [];
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
