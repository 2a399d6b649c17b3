/**
 * The answer to the requests of one POST of a session: JSON when everything is ready soon, else a logged stream that
 * can be read on after a drop. A lost connection does not stop the calls (2025-11-25 transports, "Sending Messages").
 */
import type { Fault } from '../../protocol/faults.js';
import { isFinal, type Outbound, type OutboundInterim, type RequestId } from '../../protocol/message.js';
import { rulesOf } from '../../protocol/revision.js';
import type { EventLog } from '../../sessions/event-log.port.js';
import type { Session } from '../../sessions/session.js';
import type { Traffic } from '../../sessions/traffic.js';
import type { Running } from '../dialog.js';
import { encodeFinal, encodeNotification, encodeQuestion } from '../encode.js';
import type { CallRefusals } from '../refusals.js';
import { sendAccepted, sendEncodedResult, sendFault, sendJson } from './reply.js';
import type { OpenStream, Reader, Streams } from './streams.js';

/** What an answer is made with. */
export interface AnswerParts extends Reader {
  session: Session;
  traffic: Traffic;
  streams: Streams;
  events: EventLog;
  /** A batch is answered with an array, even of one. */
  batch: boolean;
  streamAfterMs: number;
  /** How long a reader may take nothing before it is cut. */
  streamStallMs: number;
  refusals: CallRefusals;
}

export class SessionAnswer {
  readonly #finals: string[] = [];
  #encoded: { idText: string; result: Buffer } | undefined;
  #challenge: { idText: string; raised: Fault } | undefined;
  #stream: Promise<OpenStream> | undefined;

  constructor(private readonly parts: AnswerParts) {}

  /** Runs the calls side by side to their ends. Never throws. */
  async serve(calls: readonly Running[]): Promise<void> {
    const timer = setTimeout(() => void this.#openStream(), this.parts.streamAfterMs);
    const [only] = calls;
    await (only && calls.length === 1 ? this.#pump(only) : Promise.all(calls.map((call) => this.#pump(call))));
    clearTimeout(timer);
    if (this.#stream) await this.parts.events.end((await this.#stream).name);
    else this.#sendJson();
  }

  async #pump(call: Running): Promise<void> {
    const questions: RequestId[] = [];
    for await (const message of call.sequence) {
      if (isFinal(message)) await this.#finish(call, message);
      else await this.#send(message, questions);
    }
    this.parts.traffic.forgetQuestions(questions);
    call.release();
  }

  async #finish(call: Running, message: Outbound): Promise<void> {
    if (!isFinal(message)) return;
    // Nothing is said about a request its caller took back (cancellation, "Behavior Requirements").
    if (call.cancellation.reason === 'caller') return;
    const { idText } = call.request;
    if (!this.#stream && !this.parts.batch && message.kind === 'result' && typeof message.json !== 'string') {
      this.#encoded = { idText, result: message.json };
      return;
    }
    const refusal = message.kind === 'failure' && message.fault.challenge ? message.fault : undefined;
    const json = refusal && this.parts.refusals.result(refusal);
    // What asks for another credential is said by the transport while it still can be.
    if (refusal && json === undefined && !this.#stream && !this.parts.batch) {
      this.#challenge = { idText, raised: refusal };
      return;
    }
    const text = encodeFinal(idText, json === undefined ? message : { kind: 'result', json }, rulesOf(this.parts.session.revision));
    if (this.#stream) await this.parts.events.append((await this.#stream).name, text);
    else this.#finals.push(text);
  }

  async #send(message: OutboundInterim, questions: RequestId[]): Promise<void> {
    const stream = await this.#openStream();
    switch (message.kind) {
      case 'notification': return this.parts.events.append(stream.name, encodeNotification(message.method, message.params));
      case 'question': {
        const id = this.parts.traffic.ask(message);
        questions.push(id);
        return this.parts.events.append(stream.name, encodeQuestion(id, message.method, message.params));
      }
      // A client that never saw an event id could not come back.
      case 'disconnect': if (rulesOf(this.parts.session.revision).primingEvents) stream.detach(message.retryMs);
    }
  }

  #openStream(): Promise<OpenStream> {
    return (this.#stream ??= this.#startStream());
  }

  async #startStream(): Promise<OpenStream> {
    const { session, streams, events } = this.parts;
    const stream = await streams.openForCall(session, this.parts);
    for (const text of this.#finals.splice(0)) await events.append(stream.name, text);
    return stream;
  }

  #sendJson(): void {
    const { response, headers, batch, streamStallMs } = this.parts;
    if (response.destroyed) return;
    if (this.#challenge) {
      const { idText, raised } = this.#challenge;
      return sendFault(response, raised, idText, [...headers, ...this.parts.refusals.headers(raised)]);
    }
    if (this.#encoded) return sendEncodedResult(response, this.#encoded.idText, this.#encoded.result, headers, streamStallMs);
    // Everything asked was taken back: the exchange itself still wants an end.
    if (this.#finals.length === 0) return sendAccepted(response, headers);
    sendJson(response, 200, batch ? `[${this.#finals.join(',')}]` : this.#finals[0] ?? '', headers, streamStallMs);
  }
}
