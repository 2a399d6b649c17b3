/** The four lists: stable order, cursors, each page printed once per distinct content and served from memory. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AccessKind, AccessPolicy, Requirement } from '../../protocol/access.js';
import type { Caller } from '../../protocol/caller.js';
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

/** Whose list, of what, for which revision. */
interface View {
  method: ListMethod;
  caller: Caller;
  rules: RevisionRules;
  permissions: string;
}

type ListMethod = 'tools/list' | 'resources/list' | 'resources/templates/list' | 'prompts/list';

export class Lists {
  readonly #pages = new Map<string, Buffer>();

  constructor(private readonly catalogue: Catalogue, private readonly access: AccessPolicy, private readonly envelope: Envelope, private readonly options: ListOptions) {}

  /**
   * JSON text of one page, as the caller may see it. Throws `cursor_refused` for a cursor that was not given out for
   * this list and these permissions.
   */
  page(method: ListMethod, params: JsonObject, caller: Caller, rules: RevisionRules): Buffer {
    const cursor = params['cursor'];
    if (cursor !== undefined && typeof cursor !== 'string') throw fault('cursor_refused');
    const shelf = this.#shelf(method);
    const view: View = { method, caller, rules, permissions: this.access.permissionsOf(caller) };
    const key = `${method} ${shelf.version} ${rules.revision} ${view.permissions} ${cursor === undefined ? 'first' : `after ${cursor}`}`;
    const known = this.#pages.get(key);
    if (known) return known;
    const page = Buffer.from(this.#print(view, cursor));
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

  #print(view: View, cursor: string | undefined): string {
    const { tools, resources, templates, prompts } = this.catalogue;
    switch (view.method) {
      case 'tools/list': return this.#cut(view, 'tools', this.#visible(view, 'tool', tools), cursor, (entry) => describeTool(entry, view.rules));
      case 'resources/list': return this.#cut(view, 'resources', this.#visible(view, 'resource', resources), cursor, describeResource);
      case 'resources/templates/list': return this.#cut(view, 'resourceTemplates', this.#visible(view, 'resource', templates), cursor, describeTemplate);
      case 'prompts/list': return this.#cut(view, 'prompts', this.#visible(view, 'prompt', prompts), cursor, describePrompt);
    }
  }

  #visible<E extends { key: string; name: string; options: Requirement }>({ caller }: View, kind: AccessKind, shelf: Shelf<E>): readonly E[] {
    if (this.access.uniform) return shelf.all();
    return shelf.all().filter((entry) => this.access.decide(caller, kind, entry.name, entry.options).kind !== 'hidden');
  }

  #cut<E extends { key: string }>(view: View, member: string, entries: readonly E[], cursor: string | undefined, describe: (entry: E) => object): string {
    // A cursor names the last entry given, so that a list that changes meanwhile neither repeats nor skips.
    const after = cursor === undefined ? undefined : this.#openCursor(view, cursor);
    const start = after === undefined ? 0 : entries.findIndex((entry) => entry.key > after);
    const page = start < 0 ? [] : entries.slice(start, start + this.options.pageSize);
    const last = page.at(-1);
    const more = last !== undefined && start + page.length < entries.length;
    const members = { [member]: page.map(describe), ...(more ? { nextCursor: this.#sealCursor(view, last.key) } : {}) };
    return this.envelope.print(view.rules, members, { ttlMs: this.options.ttlMs, cacheScope: this.access.uniform ? 'public' : 'private' });
  }

  #sealCursor(view: View, key: string): string {
    return `${Buffer.from(key).toString('base64url')}.${this.#mac(view, key).toString('base64url')}`;
  }

  #openCursor(view: View, cursor: string): string {
    const [, encoded] = CURSOR.exec(cursor) ?? [];
    if (encoded === undefined) throw fault('cursor_refused');
    const key = Buffer.from(encoded, 'base64url').toString('utf8');
    // As a whole, because several texts decode to the same bytes.
    const [given, expected] = [Buffer.from(cursor), Buffer.from(this.#sealCursor(view, key))];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw fault('cursor_refused');
    return key;
  }

  // Bound to what its caller may see: a cursor of one is useless to another (reliability row D12).
  #mac({ method, permissions }: View, key: string): Buffer {
    return createHmac('sha256', this.options.secret).update(JSON.stringify(['cursor', method, permissions, key])).digest().subarray(0, 16);
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
    annotations: options.annotations,
  };
}

function describeResource({ options }: ResourceEntry): object {
  const { uri, mimeType, size, annotations } = options;
  return { uri, ...described(options), mimeType, size, annotations };
}

function describeTemplate({ options }: TemplateEntry): object {
  const { uriTemplate, mimeType, annotations } = options;
  return { uriTemplate, ...described(options), mimeType, annotations };
}

function describePrompt({ options, input }: PromptEntry): object {
  return { ...described(options), arguments: options.arguments ?? promptArguments(input?.json) };
}

// JSON has no undefined: what an author did not give is not printed.
function described(options: { name: string; title?: string; description?: string; icons?: object[]; _meta?: object }): object {
  const { name, title, description, icons, _meta } = options;
  return { name, title, description, icons, _meta };
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
