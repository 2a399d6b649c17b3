/** `/mcp`: one HTTP exchange of any Streamable HTTP revision, from the first header to the last byte. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { Door } from '../../auth/door.port.js';
import { clientAddress } from '../../limits/client-address.js';
import { Limits } from '../../limits/limits.service.js';
import type { Caller } from '../../protocol/caller.js';
import { Cancellation } from '../../protocol/cancellation.js';
import { decodeOrRefuse, type DecodeLimits } from '../../protocol/decode.js';
import { asFault, fault } from '../../protocol/faults.js';
import { checkMirror } from '../../protocol/header-mirror.js';
import type { Message, Request } from '../../protocol/message.js';
import { isRevision, rulesOf } from '../../protocol/revision.js';
import { EventLog } from '../../sessions/event-log.port.js';
import type { Session } from '../../sessions/session.js';
import { Sessions } from '../../sessions/sessions.service.js';
import { Dispatcher } from '../../tools/dispatcher.js';
import { ClientGone, decodeLimits, readBody } from '../body.js';
import { CallLimit, countCalls, isWork } from '../call-limit.js';
import { CredentialWatch } from '../credential-watch.js';
import { Dialog, isInitialize } from '../dialog.js';
import { Drain } from '../drain.js';
import { Edge } from '../edge.js';
import { encodeFinal } from '../encode.js';
import { Pulse } from '../pulse.js';
import { Refusals } from '../refusals.js';
import { parseEventId } from '../resume-point.js';
import { answerDirectly } from './direct-answer.js';
import { namesRequestEra, readEnvelope, speaksPerRequest } from '../request-envelope.js';
import { sendAccepted, sendFault, sendJson } from './reply.js';
import { SessionAnswer } from './session-answer.js';
import { STANDALONE, Streams, type HoldPlace } from './streams.js';

const ALLOW = ['Allow', 'GET, POST, DELETE, OPTIONS'];
const JSON_TYPE = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** One request with what belongs to it. */
interface Exchanged extends Refused {
  caller: Caller;
}

/** What is needed to turn one away. */
interface Refused {
  request: IncomingMessage;
  response: ServerResponse;
  headers: string[];
}

@Injectable()
export class Exchange {
  readonly #limits: DecodeLimits;

  constructor(
    @Inject(Door) private readonly door: Door, private readonly refusals: Refusals, private readonly watch: CredentialWatch, private readonly limit: CallLimit, private readonly limits: Limits,
    private readonly edge: Edge, private readonly dialog: Dialog, private readonly dispatcher: Dispatcher,
    private readonly sessions: Sessions, private readonly streams: Streams, @Inject(EventLog) private readonly events: EventLog,
    private readonly pulse: Pulse, private readonly drain: Drain, private readonly settings: Settings, private readonly log: Log,
  ) {
    this.#limits = decodeLimits(settings);
  }

  /** Serves a request that has passed the edge. Never throws. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const headers = this.edge.corsHeaders(request);
    try {
      if (request.method === 'OPTIONS') return void response.writeHead(204, [...headers, ...ALLOW]).end();
      if (!isServed(request.method)) return this.#refuseMethod(response, headers);
      if (request.method === 'GET') headers.push(...await this.limits.visit('stream_open', clientAddress(request, this.settings)));
      const admitted = this.door.admit(request);
      const caller = admitted instanceof Promise ? await admitted : admitted;
      await this.#route({ request, response, headers, caller });
    } catch (error) {
      if (error instanceof ClientGone) return;
      this.#refuse({ request, response, headers }, error);
    }
  }

  #route(exchanged: Exchanged): Promise<void> | void {
    switch (exchanged.request.method) {
      case 'POST': return this.#post(exchanged);
      case 'GET': return this.#get(exchanged);
      case 'DELETE': return this.#delete(exchanged);
      default: return this.#refuseMethod(exchanged.response, exchanged.headers);
    }
  }

  #refuse({ request, response, headers }: Refused, error: unknown, idText?: string): void {
    const raised = asFault(error);
    if (raised.fault === 'internal') this.log.error('exchange.failed', { err: raised.cause });
    sendFault(response, raised, idText, [...headers, ...this.door.headersFor(raised, request)]);
  }

  #refuseMethod(response: ServerResponse, headers: readonly string[]): void {
    sendFault(response, fault('http_method_refused'), undefined, [...headers, ...ALLOW]);
  }

  async #post(exchanged: Exchanged): Promise<void> {
    const { request, response } = exchanged;
    checkNegotiation(request);
    const decoded = decodeOrRefuse(await readBody(request, response, this.settings.maxMessageBytes), this.#limits);
    if ('refused' in decoded) return this.#refuse(exchanged, decoded.refused, decoded.idText);
    const { body } = decoded;
    if (body.kind === 'batch') {
      if (namesRequestEra(request.headers)) throw fault('batch_refused');
      return this.#inSession(exchanged, body.messages, true);
    }
    if (speaksPerRequest(body, request.headers)) return this.#perRequest(exchanged, body);
    if (isInitialize(body)) return this.#initialize(exchanged, body);
    return this.#inSession(exchanged, [body], false);
  }

  async #perRequest(exchanged: Exchanged, message: Message): Promise<void> {
    const { request, response, headers, caller } = exchanged;
    if (message.kind === 'response') throw fault('response_unexpected');
    // The revision defines no client notification over HTTP; one that comes all the same is taken and does nothing.
    if (message.kind === 'notification') return sendAccepted(response, headers);
    try {
      const envelope = readEnvelope(message, single(request.headers['mcp-protocol-version']));
      checkMirror(request.headers, message, message.method === 'tools/call' ? this.dispatcher.mirroredParameters(message.params['name'], caller) : []);
      const cancellation = new Cancellation();
      const counting = countCalls(this.limits, caller, [message]);
      if (counting) await counting;
      const done = this.drain.begin(cancellation, isWork(message) ? caller : undefined);
      const unlisten = message.method === 'subscriptions/listen' ? await this.#listening(exchanged, cancellation).catch(undo(done)) : undefined;
      const sequence = this.dispatcher.run(message, { ...envelope, caller, transport: 'streamable-http', cancellation });
      await answerDirectly(sequence, {
        response, headers, idText: message.idText, rules: envelope.rules, cancellation, bounds: this.settings, pulse: this.pulse,
        refusals: this.refusals.of(request, envelope.client.info, envelope.rules),
        onCut: (reason) => this.log.warn('stream.cut', { reason, method: message.method }),
      });
      done();
      unlisten?.();
    } catch (error) {
      this.#refuse(exchanged, error, message.idText);
    }
  }

  async #listening({ request, headers, caller }: Exchanged, cancellation: Cancellation): Promise<() => void> {
    const address = clientAddress(request, this.settings);
    headers.push(...await this.limits.visit('stream_open', address));
    const leaveCalls = this.limit.listen(caller);
    const end = (): void => cancellation.cancel('session_ended');
    const leave = await this.limits.holdStream({ address, caller, whenLost: end }).catch(undo(leaveCalls));
    // A subscription outlives its credential unless somebody looks; a call is bounded by its own deadline.
    const unwatch = this.watch.watch(request, caller, end);
    return () => {
      unwatch();
      leave();
      leaveCalls();
    };
  }

  async #initialize(exchanged: Exchanged, request: Request): Promise<void> {
    const { response, headers, caller } = exchanged;
    try {
      this.drain.refuseNewWork();
      const { session, result } = await this.dialog.open(request, caller, 'streamable-http');
      sendJson(response, 200, encodeFinal(request.idText, { kind: 'result', json: result }), [...headers, 'Mcp-Session-Id', session.id]);
    } catch (error) {
      this.#refuse(exchanged, error, request.idText);
    }
  }

  async #inSession(exchanged: Exchanged, messages: readonly Message[], batch: boolean): Promise<void> {
    const { response, headers } = exchanged;
    const requests = messages.filter((message) => message.kind === 'request');
    try {
      const session = await this.#session(exchanged);
      if (batch && !rulesOf(session.revision).batches) throw fault('batch_refused');
      if (requests.some(isInitialize)) throw fault('initialize_misplaced');
      if (requests.length > 0) {
        this.drain.assertRoom(exchanged.caller, requests.filter(isWork).length);
        const counting = countCalls(this.limits, exchanged.caller, requests);
        if (counting) await counting;
        this.dialog.assertStartable(session, requests);
      }
      for (const message of messages) if (message.kind !== 'request') this.dialog.take(session, message);
      if (requests.length === 0) return sendAccepted(response, headers);
      await this.#answer(exchanged, session, requests, batch);
    } catch (error) {
      this.#refuse(exchanged, error, batch ? undefined : requests[0]?.idText);
    }
  }

  async #answer({ request, response, headers, caller }: Exchanged, session: Session, requests: readonly Request[], batch: boolean): Promise<void> {
    const calls = requests.map((request) => this.dialog.call(session, request, caller));
    const done = calls.map((call) => this.drain.begin(call.cancellation, isWork(call.request) ? caller : undefined));
    await new SessionAnswer({
      session, traffic: this.sessions.trafficOf(session), streams: this.streams, events: this.events,
      request, response, headers, batch, streamAfterMs: this.settings.streamAfterMs, streamStallMs: this.settings.streamStallMs,
      refusals: this.refusals.of(request, session.clientInfo, rulesOf(session.revision)),
    }).serve(calls);
    for (const finish of done) finish();
  }

  async #get(exchanged: Exchanged): Promise<void> {
    const { request, response, headers } = exchanged;
    const version = request.headers['mcp-protocol-version'];
    // 2026-07-28 has no GET: there the stream is `subscriptions/listen`.
    if (version === '2026-07-28' && request.headers['mcp-session-id'] === undefined) return this.#refuseMethod(response, headers);
    if (!accepts(request.headers.accept, 'text/event-stream')) throw fault('accept_refused', { say: 'Accept must list text/event-stream' });
    const session = await this.#session(exchanged);
    const last = request.headers['last-event-id'];
    const point = last === undefined ? undefined : parseEventId(single(last) ?? '');
    // Answers can be fetched to the last; news will come from another process.
    if (!point || point.stream === STANDALONE) this.drain.refuseNewWork();
    const address = clientAddress(request, this.settings);
    const hold: HoldPlace = (whenLost) => this.limits.holdStream({ address, caller: exchanged.caller, whenLost });
    return point ? this.streams.resume(session, point, exchanged, hold) : this.streams.openStandalone(session, exchanged, hold);
  }

  async #delete(exchanged: Exchanged): Promise<void> {
    if (exchanged.request.headers['mcp-protocol-version'] === '2026-07-28') return this.#refuseMethod(exchanged.response, exchanged.headers);
    const session = await this.#session(exchanged);
    await this.sessions.end(session.id, 'client');
    exchanged.response.writeHead(204, exchanged.headers).end();
  }

  async #session({ request, caller }: Exchanged): Promise<Session> {
    const id = single(request.headers['mcp-session-id']);
    if (id === undefined || id === '') throw fault('session_missing');
    const session = await this.sessions.resolve(id, caller, 'streamable-http');
    const version = request.headers['mcp-protocol-version'];
    // Any revision with sessions will do: clients exist that send another one than they negotiated.
    if (version !== undefined && !(isRevision(version) && rulesOf(version).era === 'session')) throw fault('revision_refused');
    return session;
  }
}

/** Takes back what was begun, where what follows cannot be. */
function undo(back: () => void): (error: unknown) => never {
  return (error) => {
    back();
    throw error;
  };
}

function isServed(method: string | undefined): boolean {
  return method === 'POST' || method === 'GET' || method === 'DELETE';
}

function checkNegotiation(request: IncomingMessage): void {
  const { accept, 'content-type': type, 'content-encoding': encoding } = request.headers;
  if (encoding !== undefined && encoding !== 'identity') throw fault('content_encoding_refused');
  if (type === undefined || !JSON_TYPE.test(type)) throw fault('content_type_refused');
  if (!accepts(accept, 'application/json') || !accepts(accept, 'text/event-stream')) throw fault('accept_refused');
}

function accepts(accept: string | undefined, type: string): boolean {
  if (accept === undefined) return false;
  if (accept.includes(type)) return true;
  const [family] = type.split('/');
  return accept.split(',').some((range) => {
    const name = range.split(';')[0]?.trim();
    return name === '*/*' || name === `${family}/*`;
  });
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
