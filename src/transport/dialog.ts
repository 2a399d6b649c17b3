/** The session-era messages, whatever wire they come on: handshake, housekeeping, calls, replies. */
import { Injectable } from '@nestjs/common';
import type { Caller } from '../protocol/caller.js';
import { Cancellation } from '../protocol/cancellation.js';
import { asFault, fault } from '../protocol/faults.js';
import { isRequestId, objectAt, stringAt } from '../protocol/json.js';
import type { JsonObject, JsonValue, Message, Notification, Outbound, Request, Response } from '../protocol/message.js';
import { negotiate, rulesOf } from '../protocol/revision.js';
import type { LoggingLevel } from '../protocol/wire.js';
import { clientOf, type Session, type SessionWire } from '../sessions/session.js';
import { Sessions } from '../sessions/sessions.service.js';
import { Dispatcher } from '../tools/dispatcher.js';
import { isLoggingLevel } from '../tools/logging-level.js';

const MAX_SUBSCRIPTIONS = 200;
const MAX_URI = 2048;

/** A call under way, as its transport sees it. */
export interface Running {
  request: Request;
  sequence: AsyncIterable<Outbound>;
  cancellation: Cancellation;
  /** To be called once, after the final message was taken. */
  release(): void;
}

@Injectable()
export class Dialog {
  constructor(private readonly sessions: Sessions, private readonly dispatcher: Dispatcher) {}

  /** Answers `initialize` with a new session and the JSON text of the result. It fits every date a client may ask for. */
  async open(request: Request, owner: Caller, wire: SessionWire): Promise<{ session: Session; result: string }> {
    const revision = negotiate(request.params['protocolVersion']);
    const session = await this.sessions.open({ wire, owner, revision, ...clientOf(request.params) });
    return { session, result: JSON.stringify({ protocolVersion: revision, ...this.dispatcher.describe() }) };
  }

  /** Answers an `initialize` that comes on a session already open (HTTP+SSE, stdio) with the JSON text of its result. */
  async adopt(session: Session, request: Request): Promise<string> {
    const revision = negotiate(request.params['protocolVersion']);
    await this.sessions.update(session, { revision, ...clientOf(request.params) });
    return JSON.stringify({ protocolVersion: revision, ...this.dispatcher.describe() });
  }

  /** Throws `id_in_use` when one of the requests could not be started, so that of a batch all start or none. */
  assertStartable(session: Session, requests: readonly Request[]): void {
    this.sessions.trafficOf(session).assertFree(requests.map(({ id }) => id));
  }

  /**
   * Starts a request of a session, judged by the credential it came with and not by the one that opened the session
   * (promise P5). Throws `id_in_use`; every other failure is the end of the sequence.
   */
  call(session: Session, request: Request, caller: Caller): Running {
    const traffic = this.sessions.trafficOf(session);
    const cancellation = new Cancellation();
    traffic.begin(request.id, cancellation);
    return {
      request, cancellation,
      sequence: this.#sequence(session, request, caller, cancellation),
      release: () => {
        traffic.finish(request.id);
        this.sessions.release(session);
      },
    };
  }

  /** Takes a notification or a response. Throws `response_unexpected` for an answer to nothing. */
  take(session: Session, message: Notification | Response): void {
    const traffic = this.sessions.runningOf(session);
    if (message.kind === 'notification') {
      const id = message.params['requestId'];
      if (message.method === 'notifications/cancelled' && isRequestId(id)) traffic?.cancel(id);
      return;
    }
    if (!traffic?.settle(message.id, replyOf(message))) throw fault('response_unexpected');
    this.sessions.release(session);
  }

  #sequence(session: Session, request: Request, caller: Caller, cancellation: Cancellation): AsyncIterable<Outbound> {
    const housekeeping = this.#housekeeping(session, request);
    if (housekeeping) return once(housekeeping);
    return this.dispatcher.run(request, {
      caller, cancellation,
      client: { info: session.clientInfo, capabilities: session.clientCapabilities },
      rules: rulesOf(session.revision), transport: session.wire, logLevel: session.logLevel,
    });
  }

  #housekeeping(session: Session, request: Request): Promise<void> | undefined {
    switch (request.method) {
      case 'ping': return Promise.resolve();
      case 'logging/setLevel': return this.#setLevel(session, request.params);
      case 'resources/subscribe': return this.#subscribe(session, request.params, true);
      case 'resources/unsubscribe': return this.#subscribe(session, request.params, false);
      case 'initialize': return Promise.reject(fault('initialize_misplaced'));
      default: return undefined;
    }
  }

  async #setLevel(session: Session, params: JsonObject): Promise<void> {
    const level: JsonValue | undefined = params['level'];
    if (!isLoggingLevel(level)) throw fault('params_invalid', { say: 'params.level must be a log level' });
    await this.sessions.update(session, { logLevel: level satisfies LoggingLevel });
  }

  async #subscribe(session: Session, params: JsonObject, wanted: boolean): Promise<void> {
    const uri = stringAt(params, 'uri');
    if (uri === undefined) throw fault('params_invalid', { say: 'params.uri must be a string' });
    if (uri.length > MAX_URI) throw fault('params_invalid', { say: `params.uri has at most ${MAX_URI} characters` });
    const others = session.subscriptions.filter((known) => known !== uri);
    if (wanted && others.length >= MAX_SUBSCRIPTIONS) throw fault('params_invalid', { say: `A session holds at most ${MAX_SUBSCRIPTIONS} subscriptions` });
    await this.sessions.update(session, { subscriptions: wanted ? [...others, uri] : others });
  }
}

async function* once(work: Promise<void>): AsyncGenerator<Outbound> {
  try {
    await work;
  } catch (error) {
    yield { kind: 'failure', fault: asFault(error) };
    return;
  }
  yield { kind: 'result', json: '{}' };
}

function replyOf(message: Response): { result: JsonObject } | { error: { code: number; message: string } } {
  return message.error ? { error: message.error } : { result: message.result ?? {} };
}

/** True for the request that opens a session. */
export function isInitialize(message: Message): message is Request & { method: 'initialize' } {
  return message.kind === 'request' && message.method === 'initialize';
}

/** The `_meta` of a message, empty where it has none. */
export function metaOf(message: Request | Notification): JsonObject {
  return objectAt(message.params, '_meta') ?? {};
}
