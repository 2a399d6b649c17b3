/**
 * Runs one request of any revision: an async sequence of messages, the last of which is the answer. It knows no
 * transport and keeps nothing between calls.
 */
import type { AccessKind, AccessPolicy, Decision, Requirement } from '../protocol/access.js';
import type { Caller } from '../protocol/caller.js';
import type { Cancellation } from '../protocol/cancellation.js';
import type { Clock } from '../protocol/clock.js';
import { Fault, fault } from '../protocol/faults.js';
import type { MirroredParameter } from '../protocol/header-mirror.js';
import { isObject, objectAt, stringAt } from '../protocol/json.js';
import type { JsonObject, JsonValue, RequestId } from '../protocol/message.js';
import { supportedRevisions, type RevisionRules } from '../protocol/revision.js';
import type { ServerIdentity } from '../protocol/server-identity.js';
import type { ServerCapabilities } from '../protocol/wire.js';
import type { Catalogue, PromptEntry, ToolEntry } from './catalogue.js';
import type { ToolContext } from './context.js';
import { PushInteraction, RoundInteraction } from './execution/interaction.js';
import { LiveContext, type Circumstances } from './execution/live-context.js';
import { Outbox } from './execution/outbox.js';
import type { RequestStates, StateBinding } from './execution/request-state.js';
import { Run } from './execution/run.js';
import { completionResult, promptResult, resourceResult, writtenUri } from './methods/content-results.js';
import type { Envelope } from './methods/envelope.js';
import type { Failures } from './methods/failures.js';
import type { Lists } from './methods/lists.js';
import type { Checked } from './schema/compile.js';
import type { Subscriptions } from './methods/subscription.js';
import { toolFailure, toolResult } from './methods/tool-result.js';

/** A request, as its transport decoded it. */
export interface Call {
  id: RequestId;
  method: string;
  params: JsonObject;
}

/** Who sends a call, under which rules, through which door, and how it is stopped. */
export interface CallContext extends Circumstances {
  cancellation: Cancellation;
}

/** Limits and durations of calls. */
export interface DispatchOptions {
  toolTimeoutMs: number;
  questionTimeoutMs: number;
  maxResultBytes: number;
  listTtlMs: number;
}

/** The parts a dispatcher is made of. */
export interface DispatchParts {
  catalogue: Catalogue;
  access: AccessPolicy;
  identity: ServerIdentity;
  envelope: Envelope;
  lists: Lists;
  subscriptions: Subscriptions;
  states: RequestStates;
  failures: Failures;
  clock: Clock;
}

type Handle = (call: Call, context: CallContext, outbox: Outbox) => Promise<string | Buffer>;

const capabilities: ServerCapabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
};

export class Dispatcher {
  readonly #methods = new Map<string, Handle>();

  constructor(private readonly parts: DispatchParts, private readonly options: DispatchOptions) {
    const { lists } = parts;
    for (const method of ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'] as const) {
      this.#methods.set(method, async (call, context) => lists.page(method, call.params, context.caller, context.rules));
    }
    this.#methods.set('tools/call', (call, context, outbox) => this.#callTool(call, context, outbox));
    this.#methods.set('resources/read', (call, context, outbox) => this.#readResource(call, context, outbox));
    this.#methods.set('prompts/get', (call, context, outbox) => this.#getPrompt(call, context, outbox));
    this.#methods.set('completion/complete', (call, context, outbox) => this.#complete(call, context, outbox));
  }

  /** What `initialize` and `server/discover` say about this server. */
  describe(): { capabilities: ServerCapabilities; serverInfo: ServerIdentity['info']; instructions?: string } {
    const { info, instructions } = this.parts.identity;
    return { capabilities, serverInfo: info, ...(instructions === undefined ? {} : { instructions }) };
  }

  /** The parameters of a tool that travel as headers too (2026-07-28, `x-mcp-header`); none for a tool the caller shall not know. */
  mirroredParameters(tool: JsonValue | undefined, caller: Caller): readonly MirroredParameter[] {
    const entry = typeof tool === 'string' ? this.parts.catalogue.tools.find(tool) : undefined;
    if (!entry || entry.mirrored.length === 0) return [];
    return this.parts.access.decide(caller, 'tool', entry.name, entry.options).kind === 'hidden' ? [] : entry.mirrored;
  }

  /** Whether a caller may hear of a resource; of one that is not offered there is nothing to keep from him. */
  mayHearOf(caller: Caller, uri: string): boolean {
    const entry = this.#targetOf('resources/read', { uri })?.entry;
    return !entry || this.parts.access.uniform || this.parts.access.decide(caller, 'resource', entry.name, entry.options).kind !== 'hidden';
  }

  /** The challenge a call is going to meet: a wire that answers elsewhere can still say it by status. */
  challengeOf({ method, params }: Call, caller: Caller): Fault | undefined {
    const target = this.#targetOf(method, params);
    return target?.entry && challengeFor(this.parts.access.decide(caller, target.kind, target.entry.name, target.entry.options));
  }

  /** Starts the call. The sequence never throws: its last element is the result or the fault. */
  run(call: Call, context: CallContext): Outbox {
    const outbox = new Outbox();
    if (context.rules.era === 'request' && call.method === 'subscriptions/listen') this.#listen(call, context, outbox);
    else void this.#serve(call, context, outbox);
    return outbox;
  }

  /** Ends every open `subscriptions/listen` with its result. */
  endSubscriptions(): void {
    this.parts.subscriptions.endAll();
  }

  async #serve(call: Call, context: CallContext, outbox: Outbox): Promise<void> {
    try {
      outbox.finish({ kind: 'result', json: await this.#handle(call, context, outbox) });
    } catch (error) {
      outbox.finish({ kind: 'failure', fault: this.parts.failures.asFault(error, call.method) });
    }
  }

  #handle(call: Call, context: CallContext, outbox: Outbox): string | Promise<string | Buffer> {
    if (context.rules.era === 'request' && call.method === 'server/discover') return this.#discover(context.rules);
    const handle = this.#methods.get(call.method);
    if (!handle) throw fault('method_unknown');
    return handle(call, context, outbox);
  }

  #discover(rules: RevisionRules): string {
    const { capabilities: offered, instructions } = this.describe();
    return this.parts.envelope.print(rules, { supportedVersions: supportedRevisions, capabilities: offered, instructions }, { ttlMs: this.options.listTtlMs, cacheScope: 'public' });
  }

  #listen(call: Call, context: CallContext, outbox: Outbox): void {
    try {
      this.parts.subscriptions.listen(call.id, call.params, context.rules, outbox, context.cancellation, (uri) => this.mayHearOf(context.caller, uri));
    } catch (error) {
      outbox.finish({ kind: 'failure', fault: this.parts.failures.asFault(error, call.method) });
    }
  }

  async #callTool(call: Call, context: CallContext, outbox: Outbox): Promise<string> {
    const name = stringAt(call.params, 'name');
    if (name === undefined) throw fault('params_invalid', { say: 'params.name must be a string' });
    const entry = this.parts.catalogue.tools.find(name);
    const unknown = (): Fault => fault('tool_unknown', { say: `Unknown tool: ${name.slice(0, 128)}` });
    if (!entry) throw unknown();
    this.#assertAllowed(context.caller, 'tool', entry, unknown);
    const args = argumentsOf(call.params);
    const { rules } = context;
    const checking = checkArguments(entry, args);
    const checked = checking instanceof Promise ? await checking : checking;
    if ('reason' in checked) {
      if (!rules.argumentErrorsAsResult) throw fault('arguments_invalid', { say: `Invalid arguments: ${checked.reason}` });
      return this.parts.envelope.print(rules, toolFailure(`Invalid arguments: ${checked.reason}`));
    }
    const timeoutMs = entry.options.timeoutMs ?? this.options.toolTimeoutMs;
    return this.#answer(call, context, outbox, { target: name, timeoutMs, arguments: call.params['arguments'] },
      (live) => entry.handler(checked.value, live),
      async (value) => this.parts.envelope.print(rules, await toolResult(entry, value, rules, this.options.maxResultBytes)),
      (error) => this.parts.envelope.print(rules, toolFailure(this.parts.failures.toolMessage(error, name, timeoutMs, rules))));
  }

  async #readResource(call: Call, context: CallContext, outbox: Outbox): Promise<string> {
    const uri = stringAt(call.params, 'uri');
    if (uri === undefined) throw fault('params_invalid', { say: 'params.uri must be a string' });
    const unknown = (): Fault => fault('resource_unknown', { data: { uri } });
    if (!URL.canParse(uri)) throw unknown();
    const entry = this.parts.catalogue.resources.find(uri);
    const family = entry ? undefined : this.parts.catalogue.findTemplate(uri);
    const found = entry ?? family?.entry;
    if (!found) throw unknown();
    this.#assertAllowed(context.caller, 'resource', found, unknown);
    const { mimeType } = found.options;
    return this.#answer(call, context, outbox, { target: uri, timeoutMs: this.options.toolTimeoutMs, arguments: undefined },
      (live) => (entry ? entry.handler(new URL(uri), live) : family?.entry.handler(new URL(uri), family.variables, live)),
      (value) => this.parts.envelope.print(context.rules, resourceResult(value, writtenUri(uri), mimeType), { ttlMs: 0, cacheScope: 'private' }));
  }

  async #getPrompt(call: Call, context: CallContext, outbox: Outbox): Promise<string> {
    const name = stringAt(call.params, 'name');
    if (name === undefined) throw fault('params_invalid', { say: 'params.name must be a string' });
    const entry = this.parts.catalogue.prompts.find(name);
    const unknown = (): Fault => fault('prompt_unknown', { say: `Unknown prompt: ${name.slice(0, 128)}` });
    if (!entry) throw unknown();
    this.#assertAllowed(context.caller, 'prompt', entry, unknown);
    const checked = await checkArguments(entry, argumentsOf(call.params));
    if ('reason' in checked) throw fault('arguments_invalid', { say: `Invalid arguments: ${checked.reason}` });
    return this.#answer(call, context, outbox, { target: name, timeoutMs: this.options.toolTimeoutMs, arguments: call.params['arguments'] },
      (live) => entry.handler(checked.value, live),
      (value) => this.parts.envelope.print(context.rules, promptResult(value, entry.options.description, context.rules)));
  }

  async #complete(call: Call, context: CallContext, outbox: Outbox): Promise<string> {
    const reference = objectAt(call.params, 'ref') ?? {};
    const argument = objectAt(call.params, 'argument') ?? {};
    const [name, value] = [stringAt(argument, 'name'), stringAt(argument, 'value')];
    if (name === undefined || value === undefined) throw fault('params_invalid', { say: 'params.argument needs a name and a value' });
    const target = this.#completionTarget(reference, context.caller);
    const entry = this.parts.catalogue.findCompletion({ ...target, argument: name });
    const others = strings(objectAt(objectAt(call.params, 'context') ?? {}, 'arguments'));
    return this.#answer(call, context, outbox, { target: name, timeoutMs: this.options.toolTimeoutMs, arguments: undefined },
      (live) => entry?.handler(value, others, live) ?? [],
      (result) => this.parts.envelope.print(context.rules, completionResult(result)));
  }

  #completionTarget(reference: JsonObject, caller: Caller): { prompt: string } | { uriTemplate: string } {
    const { catalogue } = this.parts;
    const prompt = stringAt(reference, 'name');
    if (reference['type'] === 'ref/prompt' && prompt !== undefined) {
      const unknown = (): Fault => fault('prompt_unknown', { say: `Unknown prompt: ${prompt.slice(0, 128)}` });
      const entry = catalogue.prompts.find(prompt);
      if (!entry) throw unknown();
      this.#assertAllowed(caller, 'prompt', entry, unknown);
      return { prompt };
    }
    const uriTemplate = stringAt(reference, 'uri');
    if (reference['type'] !== 'ref/resource' || uriTemplate === undefined) throw fault('params_invalid', { say: 'params.ref must name a prompt or a resource template' });
    const unknown = (): Fault => fault('resource_unknown', { data: { uri: uriTemplate } });
    const entry = catalogue.templates.find(uriTemplate) ?? catalogue.resources.find(uriTemplate);
    if (!entry) throw unknown();
    this.#assertAllowed(caller, 'resource', entry, unknown);
    return { uriTemplate };
  }

  #targetOf(method: string, params: JsonObject): { kind: AccessKind; entry: { name: string; options: Requirement } | undefined } | undefined {
    const { catalogue } = this.parts;
    const [name, uri] = [stringAt(params, 'name') ?? '', stringAt(params, 'uri') ?? ''];
    switch (method) {
      case 'tools/call': return { kind: 'tool', entry: catalogue.tools.find(name) };
      case 'prompts/get': return { kind: 'prompt', entry: catalogue.prompts.find(name) };
      case 'resources/read': return { kind: 'resource', entry: catalogue.resources.find(uri) ?? (URL.canParse(uri) ? catalogue.findTemplate(uri)?.entry : undefined) };
      default: return undefined;
    }
  }

  /** Throws `unknown` for what the caller shall not know of, and a challenge where signing in or more scopes would help. */
  #assertAllowed(caller: Caller, kind: AccessKind, entry: { name: string; options: Requirement }, unknown: () => Fault): void {
    const decision = this.parts.access.decide(caller, kind, entry.name, entry.options);
    if (decision.kind === 'hidden') throw unknown();
    const challenge = challengeFor(decision);
    if (challenge) throw challenge;
  }

  /** Runs a handler to its result, its error, or the end of a round of questions. */
  async #answer(
    call: Call, context: CallContext, outbox: Outbox,
    about: { target: string; timeoutMs: number; arguments: JsonValue | undefined },
    handler: (live: ToolContext) => unknown,
    print: (value: unknown) => string | Promise<string>,
    printError?: (error: unknown) => string,
  ): Promise<string> {
    const run = new Run(context.cancellation, about.timeoutMs);
    const binding: StateBinding = { caller: context.caller, method: call.method, target: about.target, arguments: about.arguments };
    const rounds = context.rules.era === 'request' ? this.#openRounds(call, binding) : undefined;
    const interaction = rounds ?? new PushInteraction(outbox, run, this.options.questionTimeoutMs);
    const live = new LiveContext(context, call.params, outbox, run, interaction, this.parts.clock);
    try {
      // A handler that catches its own suspension has still not been answered.
      const value = await run.of(() => handler(live), rounds && ((end) => {
        rounds.onSuspended = () => end(SUSPENDED);
      }));
      if (value === SUSPENDED && rounds) return this.parts.envelope.printRound(rounds.questions, this.parts.states.seal(binding, rounds.state));
      return await print(value);
    } catch (error) {
      if (!printError || isProtocolError(error, context.rules)) throw error;
      return printError(error);
    }
  }

  #openRounds(call: Call, binding: StateBinding): RoundInteraction {
    const { inputResponses, requestState } = call.params;
    if (inputResponses !== undefined && !isObject(inputResponses)) throw fault('params_invalid', { say: 'params.inputResponses must be an object' });
    if (requestState !== undefined && typeof requestState !== 'string') throw fault('params_invalid', { say: 'params.requestState must be a string' });
    const state = requestState === undefined ? { answers: {}, steps: {} } : this.parts.states.open(binding, requestState);
    return new RoundInteraction(state, inputResponses ?? {});
  }
}

/** What is said where signing in or more scopes would help; undefined where it is allowed, or hidden. */
function challengeFor(decision: Decision): Fault | undefined {
  switch (decision.kind) {
    case 'sign_in': return fault('token_missing', { challenge: { scope: decision.scopes.join(' ') } });
    case 'step_up': return fault('scope_insufficient', { challenge: { error: 'insufficient_scope', scope: decision.scopes.join(' ') } });
    default: return undefined;
  }
}

/** The run ended with questions instead of a value. */
const SUSPENDED = Symbol('suspended');

// Failures of the protocol stay errors of the protocol; failures of the tool are results its model can read.
function isProtocolError(error: unknown, rules: RevisionRules): boolean {
  if (!(error instanceof Fault)) return false;
  return error.fault !== 'call_too_slow' && !(error.fault === 'client_failed' && rules.era === 'session');
}

function argumentsOf(params: JsonObject): JsonObject {
  const args = params['arguments'];
  if (args === undefined) return {};
  if (!isObject(args)) throw fault('params_invalid', { say: 'params.arguments must be an object' });
  return args;
}

type CheckedArguments = { value: Record<string, unknown> } | { reason: string };

// Most schemas answer at once, and a call that need not wait costs a third less.
function checkArguments(entry: ToolEntry | PromptEntry, args: JsonObject): CheckedArguments | Promise<CheckedArguments> {
  if (!entry.input) return { value: args };
  const usable = (checked: Checked): CheckedArguments => ('reason' in checked ? checked : { value: isRecord(checked.value) ? checked.value : args });
  const checking = entry.input.check(args);
  return checking instanceof Promise ? checking.then(usable) : usable(checking);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function strings(object: JsonObject | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(object ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

