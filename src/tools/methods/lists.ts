/** The four lists: stable order, cursors, each page printed once per distinct content and served from memory. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { fault } from '../../protocol/faults.js';
import type { JsonObject } from '../../protocol/message.js';
import type { RevisionRules } from '../../protocol/revision.js';
import type { JsonSchema, PromptArgument } from '../../protocol/wire.js';
import { isObject } from '../../protocol/json.js';
import type { Catalogue, PromptEntry, ResourceEntry, Shelf, TemplateEntry, ToolEntry } from '../catalogue.js';
import type { Envelope } from './envelope.js';

const MAX_CACHED_PAGES = 512;
const CURSOR = /^([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]{22}$/;

/** How pages are cut and how long clients may keep them. */
export interface ListOptions {
  pageSize: number;
  ttlMs: number;
  /** Signs cursors. */
  secret: string;
}

type ListMethod = 'tools/list' | 'resources/list' | 'resources/templates/list' | 'prompts/list';

export class Lists {
  readonly #pages = new Map<string, Buffer>();

  constructor(private readonly catalogue: Catalogue, private readonly envelope: Envelope, private readonly options: ListOptions) {}

  /** JSON text of one page. Throws `cursor_refused` for a cursor that was not given out for this list. */
  page(method: ListMethod, params: JsonObject, rules: RevisionRules): Buffer {
    const cursor = params['cursor'];
    if (cursor !== undefined && typeof cursor !== 'string') throw fault('cursor_refused');
    const shelf = this.#shelf(method);
    const key = `${method} ${shelf.version} ${rules.revision} ${cursor === undefined ? 'first' : `after ${cursor}`}`;
    const known = this.#pages.get(key);
    if (known) return known;
    const page = Buffer.from(this.#print(method, cursor, rules));
    if (this.#pages.size >= MAX_CACHED_PAGES) this.#pages.clear();
    this.#pages.set(key, page);
    return page;
  }

  #shelf(method: ListMethod): Shelf<{ key: string }> {
    switch (method) {
      case 'tools/list': return this.catalogue.tools;
      case 'resources/list': return this.catalogue.resources;
      case 'resources/templates/list': return this.catalogue.templates;
      case 'prompts/list': return this.catalogue.prompts;
    }
  }

  #print(method: ListMethod, cursor: string | undefined, rules: RevisionRules): string {
    switch (method) {
      case 'tools/list': return this.#cut(method, 'tools', this.catalogue.tools.all(), cursor, rules, (entry) => describeTool(entry, rules));
      case 'resources/list': return this.#cut(method, 'resources', this.catalogue.resources.all(), cursor, rules, describeResource);
      case 'resources/templates/list': return this.#cut(method, 'resourceTemplates', this.catalogue.templates.all(), cursor, rules, describeTemplate);
      case 'prompts/list': return this.#cut(method, 'prompts', this.catalogue.prompts.all(), cursor, rules, describePrompt);
    }
  }

  #cut<E extends { key: string }>(
    method: ListMethod, member: string, entries: readonly E[], cursor: string | undefined, rules: RevisionRules, describe: (entry: E) => object,
  ): string {
    // A cursor names the last entry given, so that a list that changes meanwhile neither repeats nor skips.
    const after = cursor === undefined ? undefined : this.#openCursor(method, cursor);
    const start = after === undefined ? 0 : entries.findIndex((entry) => entry.key > after);
    const page = start < 0 ? [] : entries.slice(start, start + this.options.pageSize);
    const last = page.at(-1);
    const more = last !== undefined && start + page.length < entries.length;
    const members = { [member]: page.map(describe), ...(more ? { nextCursor: this.#sealCursor(method, last.key) } : {}) };
    return this.envelope.print(rules, members, { ttlMs: this.options.ttlMs, cacheScope: 'public' });
  }

  #sealCursor(method: ListMethod, key: string): string {
    return `${Buffer.from(key).toString('base64url')}.${this.#mac(method, key).toString('base64url')}`;
  }

  #openCursor(method: ListMethod, cursor: string): string {
    const [, encoded] = CURSOR.exec(cursor) ?? [];
    if (encoded === undefined) throw fault('cursor_refused');
    const key = Buffer.from(encoded, 'base64url').toString('utf8');
    // As a whole, because several texts decode to the same bytes.
    const [given, expected] = [Buffer.from(cursor), Buffer.from(this.#sealCursor(method, key))];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw fault('cursor_refused');
    return key;
  }

  #mac(method: ListMethod, key: string): Buffer {
    return createHmac('sha256', this.options.secret).update(`cursor ${method} ${key}`).digest().subarray(0, 16);
  }
}

function describeTool({ options, input, output }: ToolEntry, rules: RevisionRules): object {
  const schema = output?.json;
  // Before 2026-07-28 an output schema describes an object, and clients refuse lists that say otherwise.
  const listed = schema && rules.structured && (rules.structuredAny || schema['type'] === 'object');
  return {
    ...described(options),
    inputSchema: input?.json ?? { type: 'object', additionalProperties: false },
    ...(listed ? { outputSchema: schema } : {}),
    ...(options.annotations ? { annotations: options.annotations } : {}),
  };
}

function describeResource({ options }: ResourceEntry): object {
  const { uri, mimeType, size, annotations } = options;
  return { uri, ...described(options), ...present({ mimeType, size, annotations }) };
}

function describeTemplate({ options }: TemplateEntry): object {
  const { uriTemplate, mimeType, annotations } = options;
  return { uriTemplate, ...described(options), ...present({ mimeType, annotations }) };
}

function describePrompt({ options, input }: PromptEntry): object {
  return { ...described(options), arguments: options.arguments ?? promptArguments(input?.json) };
}

function described(options: { name: string; title?: string; description?: string; icons?: object[]; _meta?: object }): object {
  const { name, title, description, icons, _meta } = options;
  return { name, ...present({ title, description, icons, _meta }) };
}

function present(members: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function promptArguments(schema: JsonSchema | undefined): PromptArgument[] {
  const properties = schema?.['properties'];
  if (!isObject(properties)) return [];
  const required = schema?.['required'];
  return Object.entries(properties).map(([name, property]) => {
    const { title, description } = isObject(property) ? property : {};
    return {
      name,
      ...(typeof title === 'string' ? { title } : {}),
      ...(typeof description === 'string' ? { description } : {}),
      required: Array.isArray(required) && required.includes(name),
    };
  });
}
