/** The context a handler receives, over the outbox and the interaction of its call. */
import type { Caller } from '../../protocol/caller.js';
import type { Clock } from '../../protocol/clock.js';
import { fault } from '../../protocol/faults.js';
import { isObject } from '../../protocol/json.js';
import type { JsonObject, JsonValue } from '../../protocol/message.js';
import type { RevisionRules, Revision } from '../../protocol/revision.js';
import type { ClientCapabilities, CreateMessageParams, CreateMessageResult, JsonSchema, LoggingLevel, Root } from '../../protocol/wire.js';
import type { Answer, ClientView, FormQuestion, QuestionOptions, ToolContext, TransportName, UrlQuestion } from '../context.js';
import { loggingLevels } from '../logging-level.js';
import type { Schema } from '../schema.js';
import { compileSchema, type CompiledSchema } from '../schema/compile.js';
import { ToolError } from '../tool-error.js';
import type { Interaction, Question } from './interaction.js';
import type { Outbox } from './outbox.js';
import { isRoots, isSamplingResult } from './replies.js';
import type { Run } from './run.js';

/** What the transport tells about a call. */
export interface Circumstances {
  caller: Caller;
  client: ClientView;
  rules: RevisionRules;
  transport: TransportName;
  /** The least severity the caller wants to hear of; undefined for none. */
  logLevel: LoggingLevel | undefined;
}

const DEFAULT_RETRY_MS = 500;
const compiledForms = new WeakMap<object, CompiledSchema>();

export class LiveContext implements ToolContext {
  readonly #progressToken: string | number | undefined;
  #progress = Number.NEGATIVE_INFINITY;
  #ordinal = 0;

  constructor(
    private readonly circumstances: Circumstances, params: JsonObject, private readonly outbox: Outbox,
    private readonly run: Run, private readonly interaction: Interaction, private readonly clock: Clock,
  ) {
    const token = isObject(params['_meta']) ? params['_meta']['progressToken'] : undefined;
    this.#progressToken = typeof token === 'string' || typeof token === 'number' ? token : undefined;
  }

  get caller(): Caller {
    return this.circumstances.caller;
  }
  get client(): ClientView {
    return this.circumstances.client;
  }
  get revision(): Revision {
    return this.circumstances.rules.revision;
  }
  get transport(): TransportName {
    return this.circumstances.transport;
  }
  get signal(): AbortSignal {
    return this.run.cancellation.signal;
  }
  get deadline(): number {
    return this.clock.now() + this.run.leftMs;
  }

  progress(progress: number, total?: number, message?: string): void {
    if (this.#progressToken === undefined || !Number.isFinite(progress) || progress <= this.#progress) return;
    this.#progress = progress;
    const params: JsonObject = { progressToken: this.#progressToken, progress };
    if (total !== undefined && Number.isFinite(total)) params['total'] = total;
    if (message !== undefined && this.circumstances.rules.progressMessages) params['message'] = message;
    this.outbox.push({ kind: 'notification', method: 'notifications/progress', params });
  }

  log(level: LoggingLevel, data: unknown, logger?: string): void {
    const least = this.circumstances.logLevel;
    if (least === undefined || loggingLevels.indexOf(level) < loggingLevels.indexOf(least)) return;
    const params: JsonObject = { level, data: printable(data) };
    if (logger !== undefined) params['logger'] = logger;
    this.outbox.push({ kind: 'notification', method: 'notifications/message', params });
  }

  ask<T = Record<string, unknown>>(question: FormQuestion<T> | UrlQuestion): Promise<Answer<T>> {
    return this.interaction.ask('url' in question ? this.#urlQuestion<T>(question) : this.#formQuestion<T>(question));
  }

  sample(request: CreateMessageParams, options?: QuestionOptions): Promise<CreateMessageResult> {
    this.#require(this.client.capabilities.sampling !== undefined, { sampling: {} });
    if (request.tools) this.#require(this.client.capabilities.sampling?.tools !== undefined, { sampling: { tools: {} } });
    return this.interaction.ask({
      key: this.#key(options?.key), method: 'sampling/createMessage', params: printableObject(request),
      read: (result) => (isSamplingResult(result) ? result : undefined),
    });
  }

  roots(options?: QuestionOptions): Promise<Root[]> {
    this.#require(this.client.capabilities.roots !== undefined, { roots: {} });
    return this.interaction.ask({
      key: this.#key(options?.key), method: 'roots/list', params: {},
      read: (result) => (isRoots(result['roots']) ? result['roots'] : undefined),
    });
  }

  step<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    return this.interaction.step(name, work);
  }

  disconnect(retryMs: number = DEFAULT_RETRY_MS): void {
    this.outbox.push({ kind: 'disconnect', retryMs });
  }

  #formQuestion<T>(question: FormQuestion<T>): Question<Answer<T>> {
    const { elicitation } = this.client.capabilities;
    // An empty declaration means forms (2025-11-25 elicitation, "Capabilities").
    const forms = elicitation !== undefined && (elicitation.form !== undefined || elicitation.url === undefined);
    this.#require(forms, { elicitation: { form: {} } });
    const form = compiledForm(question.schema);
    const { $schema: _dialect, additionalProperties: _more, ...requestedSchema } = form.json;
    const mode = this.circumstances.rules.urlElicitation ? { mode: 'form' } : {};
    return {
      key: this.#key(question.key), method: 'elicitation/create',
      params: printableObject({ ...mode, message: question.message, requestedSchema }),
      read: (result) => readAnswer<T>(result, form),
    };
  }

  #urlQuestion<T>(question: UrlQuestion): Question<Answer<T>> {
    this.#require(this.circumstances.rules.urlElicitation && this.client.capabilities.elicitation?.url !== undefined, { elicitation: { url: {} } });
    const key = this.#key(question.key);
    // 2025-11-25 alone correlates by an id; 2026-07-28 took the member out again (changelog, minor change 11).
    const correlation = this.circumstances.rules.era === 'session' ? { elicitationId: crypto.randomUUID() } : {};
    return {
      key, method: 'elicitation/create',
      params: printableObject({ mode: 'url', message: question.message, url: question.url, ...correlation }),
      read: (result) => readAnswer<T>(result, undefined),
    };
  }

  #key(given: string | undefined): string {
    this.#ordinal++;
    return given ?? `question-${this.#ordinal}`;
  }

  #require(declared: boolean, requiredCapabilities: ClientCapabilities): void {
    if (declared) return;
    const name = Object.keys(requiredCapabilities).join(', ');
    if (this.circumstances.rules.era === 'request') throw fault('capability_missing', { data: { requiredCapabilities } });
    throw new ToolError(`This needs a client that supports ${name}`);
  }
}

function compiledForm(schema: Schema | JsonSchema): CompiledSchema {
  const known = compiledForms.get(schema);
  if (known) return known;
  const compiled = compileSchema(schema, 'input');
  compiledForms.set(schema, compiled);
  return compiled;
}

async function readAnswer<T>(result: JsonObject, form: CompiledSchema | undefined): Promise<Answer<T> | undefined> {
  const { action, content } = result;
  if (action === 'decline' || action === 'cancel') return { action };
  if (action !== 'accept') return undefined;
  if (!form) return { action };
  const checked = await form.check(content);
  // The form's schema proved that the value is a T.
  return 'value' in checked ? { action, content: checked.value as T } : undefined;
}

/** A copy that JSON can carry; what it cannot becomes a note of its type. */
function printable(value: unknown): JsonValue {
  try {
    const copy: JsonValue | undefined = JSON.parse(JSON.stringify(value) ?? 'null');
    return copy ?? null;
  } catch {
    return `[${typeof value}]`;
  }
}

function printableObject(value: object): JsonObject {
  const copy = printable(value);
  return isObject(copy) ? copy : {};
}
