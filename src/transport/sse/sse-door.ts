/** Sessions of the HTTP+SSE transport: one stream each, everything the server says goes there. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type MessageEvent } from '@nestjs/common';
import { Observable } from 'rxjs';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import type { Caller } from '../../protocol/caller.js';
import { Clock } from '../../protocol/clock.js';
import { Limits } from '../../limits/limits.service.js';
import { fault } from '../../protocol/faults.js';
import type { Message, Request } from '../../protocol/message.js';
import { rulesOf } from '../../protocol/revision.js';
import { EventLog, type StreamName } from '../../sessions/event-log.port.js';
import type { Session } from '../../sessions/session.js';
import { mark, Sessions } from '../../sessions/sessions.service.js';
import { Dispatcher } from '../../tools/dispatcher.js';
import { Announcements } from '../announcements.js';
import { countCalls, isWork } from '../call-limit.js';
import { CredentialWatch } from '../credential-watch.js';
import { Dialog, isInitialize } from '../dialog.js';
import { Drain } from '../drain.js';
import { encodeFinal } from '../encode.js';
import { pumpCall } from '../pump.js';
import { Pulse } from '../pulse.js';
import { Refusals } from '../refusals.js';
import { StreamTail } from '../stream-tail.js';
import { SseStream } from './sse-stream.js';

const STREAM = 'main';

/** Who posted, with the request that says so. */
export interface Sender {
  caller: Caller;
  request: IncomingMessage;
}

@Injectable()
export class SseDoor {
  readonly #open = new Map<string, { session: Session; stream: SseStream; tail: StreamTail }>();

  constructor(
    private readonly dialog: Dialog, private readonly sessions: Sessions, @Inject(EventLog) private readonly events: EventLog,
    private readonly watch: CredentialWatch, private readonly announcements: Announcements, private readonly pulse: Pulse, private readonly drain: Drain, private readonly limits: Limits,
    private readonly dispatcher: Dispatcher, private readonly refusals: Refusals,
    private readonly settings: Settings, @Inject(Clock) private readonly clock: Clock, private readonly log: Log,
  ) {}

  /** Opens a session and its stream. The session ends with the stream: this transport knows no resumption. */
  async open(caller: Caller, request: IncomingMessage, response: ServerResponse, signal: AbortSignal): Promise<Observable<MessageEvent>> {
    // Until `initialize` says otherwise the client is one of the revision that made this transport.
    const session = await this.sessions.open({ wire: 'sse', owner: caller, revision: '2024-11-05', clientInfo: undefined, clientCapabilities: {} });
    const name: StreamName = { session: session.id, stream: STREAM };
    const start = await this.events.open(name);
    this.announcements.follow(session, name);
    signal.addEventListener('abort', () => void this.sessions.end(session.id, 'disconnect'), { once: true });
    const unwatch = this.watch.watch(request, caller, () => void this.sessions.end(session.id, 'expired'));
    signal.addEventListener('abort', unwatch, { once: true });
    if (signal.aborted) await this.sessions.end(session.id, 'disconnect');
    return new Observable((subscriber) => {
      const stream = new SseStream(subscriber, response, this.settings, () => this.clock.now());
      this.pulse.add(stream);
      stream.endpoint(`${this.settings.sseMessagesPath}?sessionId=${session.id}`);
      const tail = new StreamTail(this.events, name, start, stream, this.settings.streamBufferMessages);
      this.#open.set(session.id, { session, stream, tail });
      const forgetEnd = this.sessions.onEnd(session, () => stream.end());
      return () => {
        this.#open.delete(session.id);
        this.pulse.delete(stream);
        tail.stop();
        forgetEnd();
      };
    });
  }

  /**
   * Takes what a client posted; answers go to its stream. Throws `draining` for new work, faults of the messages, and
   * for a call that needs another credential its challenge: on the stream no client would look for one.
   */
  async receive(session: Session, { caller, request }: Sender, messages: readonly Message[], batch: boolean): Promise<void> {
    if (batch && !rulesOf(session.revision).batches) throw fault('batch_refused');
    const requests = messages.filter((message) => message.kind === 'request');
    if (requests.length > 0) {
      this.drain.assertRoom(session.owner, requests.filter(isWork).length);
      await countCalls(this.limits, caller, requests);
      this.dialog.assertStartable(session, requests);
    }
    const [only] = requests;
    if (only && !batch && await this.#isChallenged(session, { caller, request }, only)) return;
    for (const message of messages) {
      if (message.kind !== 'request') this.dialog.take(session, message);
      else if (isInitialize(message)) await this.#initialize(session, message);
      else this.#call(session, caller, message);
    }
  }

  /** Whether a session's stream is open in this process. */
  isConnected(session: string): boolean {
    return this.#open.has(session);
  }

  /** Whether something still waits for a reader that is slow. */
  get hasUnread(): boolean {
    return [...this.#open.values()].some(({ tail }) => !tail.idle);
  }

  /**
   * Tells clients when to come back, and ends their streams (contract line 19).
   *
   * @param which those that wait for no answer, or all.
   */
  endAll(which: 'quiet' | 'all'): void {
    for (const { session, stream } of this.#open.values()) {
      if (which === 'all' || this.sessions.runningOf(session)?.idle !== false) stream.end(this.settings.retryMs);
    }
  }

  /** True once a challenge was sent as a result; one that belongs into a header is thrown. */
  async #isChallenged(session: Session, { caller, request }: Sender, call: Request): Promise<boolean> {
    const challenge = this.dispatcher.challengeOf(call, caller);
    if (!challenge) return false;
    const json = this.refusals.of(request, session.clientInfo, rulesOf(session.revision)).result(challenge);
    if (json === undefined) throw challenge;
    await this.#send(session, encodeFinal(call.idText, { kind: 'result', json }));
    return true;
  }

  async #initialize(session: Session, request: Request): Promise<void> {
    const json = await this.dialog.adopt(session, request);
    await this.#send(session, encodeFinal(request.idText, { kind: 'result', json }));
  }

  #call(session: Session, caller: Caller, request: Request): void {
    const call = this.dialog.call(session, request, caller);
    const done = this.drain.begin(call.cancellation, isWork(request) ? caller : undefined);
    pumpCall(call, this.sessions.trafficOf(session), rulesOf(session.revision), (json) => this.#send(session, json))
      .catch((error: unknown) => this.log.error('sse.failed', { session: mark(session.id), err: error }))
      .finally(done);
  }

  #send(session: Session, json: string): Promise<void> {
    return this.events.append({ session: session.id, stream: STREAM }, json);
  }
}
