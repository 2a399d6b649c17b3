/** A dispatcher of real parts, without a transport: calls go in, and what they send comes out. */
import type { AccessPolicy } from '../../src/protocol/access.js';
import { anonymous, type Caller } from '../../src/protocol/caller.js';
import { Cancellation } from '../../src/protocol/cancellation.js';
import { errorJson } from '../../src/protocol/faults.js';
import type { JsonObject, Outbound } from '../../src/protocol/message.js';
import { rulesOf, type Revision } from '../../src/protocol/revision.js';
import { Catalogue } from '../../src/tools/catalogue.js';
import { ChangeFeed } from '../../src/tools/change-feed.js';
import { Dispatcher } from '../../src/tools/dispatcher.js';
import type { Outbox } from '../../src/tools/execution/outbox.js';
import { RequestStates } from '../../src/tools/execution/request-state.js';
import { Envelope } from '../../src/tools/methods/envelope.js';
import { Failures } from '../../src/tools/methods/failures.js';
import { Lists } from '../../src/tools/methods/lists.js';
import { Subscriptions } from '../../src/tools/methods/subscription.js';

/** The name the dispatcher gives its server. */
export const info = { name: 'gatehouse', version: '1' };
/** Its limits and durations. */
export const limits = { toolTimeoutMs: 1000, questionTimeoutMs: 5000, maxResultBytes: 10_000, listTtlMs: 60_000 };

function person(subject: string, ...roles: string[]): Caller {
  return { ...anonymous, kind: 'user', subject, roles, scopes: ['mcp'] };
}

/** Has the role `keeper` for the tool, the resource and the prompt called `vault`. */
export const keeper = person('ada', 'keeper of tool vault', 'keeper of resource vault', 'keeper of prompt vault');
/** Has it for other things. */
export const stranger = person('bert', 'keeper of tool shed', 'keeper of resource shed', 'keeper of prompt shed');
/** What only a keeper knows of. */
export const vault = { name: 'vault', roles: ['keeper'] };

/** What asks for a role is for those who have it for this very thing, and for nobody who has not signed in. */
function accessPolicy(uniform: boolean): AccessPolicy {
  return {
    uniform, permissionsOf: ({ kind, roles }) => JSON.stringify([kind, roles]), onChange: () => undefined,
    decide(caller, kind, name, { roles, scopes = [] }) {
      if (!roles) return { kind: 'allowed' };
      if (caller.kind === 'anonymous') return { kind: 'sign_in', scopes };
      if (!roles.some((role) => caller.roles.includes(`${role} of ${kind} ${name}`))) return { kind: 'hidden' };
      return scopes.every((scope) => caller.scopes.includes(scope)) ? { kind: 'allowed' } : { kind: 'step_up', scopes };
    },
  };
}

/** Who calls, by which revision, and what the client answers to questions. */
export interface From {
  caller?: Caller;
  revision?: Revision;
  cancellation?: Cancellation;
  reply?: JsonObject;
}

/** Close it with {@link DispatcherBench.close}. */
export class DispatcherBench {
  readonly feed = new ChangeFeed();
  readonly catalogue = new Catalogue(this.feed);
  readonly dispatcher: Dispatcher;

  constructor({ instructions, uniform = false }: { instructions?: string; uniform?: boolean } = {}) {
    const { catalogue, feed } = this;
    const access = accessPolicy(uniform);
    const envelope = new Envelope(info, limits.maxResultBytes);
    const clock = { now: () => Date.now() };
    this.dispatcher = new Dispatcher({
      catalogue, access, envelope, clock, identity: { info, instructions },
      lists: new Lists(catalogue, access, envelope, { pageSize: 10, ttlMs: limits.listTtlMs, secret: 'secret' }),
      subscriptions: new Subscriptions(feed, envelope),
      states: new RequestStates(['secret'], 60_000, clock, { bytes: (count) => crypto.getRandomValues(Buffer.alloc(count)) }),
      failures: new Failures({ error: () => undefined }, () => 'ref-1'),
    }, limits);
  }

  /** Starts a call of a keeper on 2026-07-28, unless it comes from elsewhere. */
  run(method: string, params: JsonObject, { caller = keeper, revision = '2026-07-28', cancellation = new Cancellation() }: From = {}): Outbox {
    const client = { info: undefined, capabilities: { elicitation: {}, roots: {} } };
    return this.dispatcher.run({ id: 1, method, params }, { caller, client, rules: rulesOf(revision), transport: 'sse', logLevel: undefined, cancellation });
  }

  /** Everything a call sends. */
  async messagesOf(method: string, params: JsonObject, from: From = {}): Promise<Outbound[]> {
    const messages: Outbound[] = [];
    for await (const message of this.run(method, params, from)) {
      messages.push(message);
      if (message.kind === 'question') message.settle({ result: from.reply ?? {} });
    }
    return messages;
  }

  /** How a call ends: its result without what all results carry, or its error as the wire says it. */
  async endOf(method: string, params: JsonObject = {}, from: From = {}): Promise<JsonObject> {
    const last = (await this.messagesOf(method, params, from)).at(-1);
    if (last?.kind === 'failure') return { error: JSON.parse(errorJson(last.fault, rulesOf(from.revision ?? '2026-07-28'))) };
    if (last?.kind !== 'result') throw new Error('the call sent no final message');
    const { _meta, resultType, ...members }: JsonObject = JSON.parse(last.json.toString());
    return resultType === 'input_required' ? { resultType, ...members } : members;
  }

  /** Forgets its timers. */
  close(): void {
    this.feed.onModuleDestroy();
  }
}

/** The end of a call that is refused. */
export function refused(code: number, message: string, data?: object): object {
  return { error: { code, message, ...(data ? { data } : {}) } };
}
