/** Sessions of the HTTP+SSE transport: one stream each, everything the server says goes there. */
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, type MessageEvent } from '@nestjs/common';
import { Observable, type Subscriber } from 'rxjs';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import type { Caller } from '../../protocol/caller.js';
import { Clock } from '../../protocol/clock.js';
import { fault } from '../../protocol/faults.js';
import type { Message, Request } from '../../protocol/message.js';
import { rulesOf } from '../../protocol/revision.js';
import { EventLog, type StreamName } from '../../sessions/event-log.port.js';
import type { Session } from '../../sessions/session.js';
import { mark, Sessions } from '../../sessions/sessions.service.js';
import { Announcements } from '../announcements.js';
import { CredentialWatch } from '../credential-watch.js';
import { Dialog, isInitialize } from '../dialog.js';
import { Drain } from '../drain.js';
import { encodeFinal } from '../encode.js';
import { pumpCall } from '../pump.js';
import { Pulse } from '../pulse.js';
import { StreamTail } from '../stream-tail.js';

const STREAM = 'main';

@Injectable()
export class SseDoor {
  readonly #open = new Map<string, Subscriber<MessageEvent>>();

  constructor(
    private readonly dialog: Dialog, private readonly sessions: Sessions, @Inject(EventLog) private readonly events: EventLog,
    private readonly watch: CredentialWatch, private readonly announcements: Announcements, private readonly pulse: Pulse, private readonly drain: Drain,
    private readonly settings: Settings, @Inject(Clock) private readonly clock: Clock, private readonly log: Log,
  ) {}

  /** Opens a session and its stream. The session ends with the stream: this transport knows no resumption. */
  async open(caller: Caller, signal: AbortSignal, request: IncomingMessage): Promise<Observable<MessageEvent>> {
    // Until `initialize` says otherwise the client is one of the revision that made this transport.
    const session = await this.sessions.open({ wire: 'sse', owner: caller, revision: '2024-11-05', clientInfo: undefined, clientCapabilities: {} });
    const name: StreamName = { session: session.id, stream: STREAM };
    const start = await this.events.open(name);
    this.announcements.follow(session, name);
    signal.addEventListener('abort', () => void this.sessions.end(session.id, 'disconnect'), { once: true });
    const unwatch = this.watch.watch(request, () => void this.sessions.end(session.id, 'expired'));
    signal.addEventListener('abort', unwatch, { once: true });
    if (signal.aborted) await this.sessions.end(session.id, 'disconnect');
    return new Observable((subscriber) => {
      this.#open.set(session.id, subscriber);
      subscriber.next({ type: 'endpoint', id: '0', data: `${this.settings.sseMessagesPath}?sessionId=${session.id}` });
      const stopBeating = this.#beat(subscriber);
      const tail = new StreamTail(this.events, name, start, sinkOf(subscriber));
      const forgetEnd = this.sessions.onEnd(session, () => subscriber.complete());
      return () => {
        this.#open.delete(session.id);
        stopBeating();
        tail.stop();
        forgetEnd();
      };
    });
  }

  /** Takes what a client posted; answers go to its stream. Throws `draining` for new work, and faults of the messages. */
  async receive(session: Session, caller: Caller, messages: readonly Message[], batch: boolean): Promise<void> {
    if (batch && !rulesOf(session.revision).batches) throw fault('batch_refused');
    if (messages.some((message) => message.kind === 'request')) this.drain.refuseNewWork();
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

  /** Tells every client when to come back, and ends its stream (contract line 19). */
  endAll(): void {
    for (const subscriber of this.#open.values()) {
      subscriber.next({ retry: this.settings.retryMs, comment: 'restart' });
      subscriber.complete();
    }
  }

  async #initialize(session: Session, request: Request): Promise<void> {
    const json = await this.dialog.adopt(session, request);
    await this.#send(session, encodeFinal(request.idText, { kind: 'result', json }));
  }

  #call(session: Session, caller: Caller, request: Request): void {
    const call = this.dialog.call(session, request, caller);
    const done = this.drain.begin(call.cancellation);
    pumpCall(call, this.sessions.trafficOf(session), rulesOf(session.revision), (json) => this.#send(session, json))
      .catch((error: unknown) => this.log.error('sse.failed', { session: mark(session.id), err: error }))
      .finally(done);
  }

  #send(session: Session, json: string): Promise<void> {
    return this.events.append({ session: session.id, stream: STREAM }, json);
  }

  #beat(subscriber: Subscriber<MessageEvent>): () => void {
    let last = performance.now();
    const beating = {
      tick: (now: number): void => {
        if (now - last < this.settings.heartbeatMs) return;
        last = now;
        // Comments by default: no parser sees them. Named events upset clients that do not know the name (rulings, "Heartbeat form").
        if (this.settings.ssePingEvents) subscriber.next({ type: 'ping', data: new Date(this.clock.now()).toISOString() });
        else subscriber.next({ comment: 'heartbeat' });
      },
    };
    this.pulse.add(beating);
    return () => this.pulse.delete(beating);
  }
}

function sinkOf(subscriber: Subscriber<MessageEvent>): ConstructorParameters<typeof StreamTail>[3] {
  return {
    get ready() {
      return !subscriber.closed;
    },
    get closed() {
      return subscriber.closed;
    },
    // Nest's stream cannot hold a source back; it drops a reader that lags too far instead.
    whenReady: () => undefined,
    event: (json, id) => subscriber.next({ type: 'message', id, data: json }),
    end: () => subscriber.complete(),
    cut: () => subscriber.complete(),
  };
}
