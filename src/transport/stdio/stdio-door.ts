/** The same server over pipes, for clients that launch it (2026-07-28 "stdio", and the initialize era before it). */
import { Injectable } from '@nestjs/common';
import type { Readable, Writable } from 'node:stream';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { anonymous } from '../../protocol/caller.js';
import { Cancellation } from '../../protocol/cancellation.js';
import { decodeOrRefuse } from '../../protocol/decode.js';
import { asFault, fault } from '../../protocol/faults.js';
import { isRequestId } from '../../protocol/json.js';
import type { Message, Notification, Request, Response } from '../../protocol/message.js';
import { metaKeys } from '../../protocol/meta-keys.js';
import { rulesOf } from '../../protocol/revision.js';
import type { Session } from '../../sessions/session.js';
import { Sessions } from '../../sessions/sessions.service.js';
import { Traffic } from '../../sessions/traffic.js';
import { ChangeFeed, notificationOf } from '../../tools/change-feed.js';
import { Dispatcher } from '../../tools/dispatcher.js';
import { decodeLimits } from '../body.js';
import { isWork } from '../call-limit.js';
import { Dialog, isInitialize, metaOf } from '../dialog.js';
import { Drain } from '../drain.js';
import { encodeFault, encodeFinal, encodeNotification } from '../encode.js';
import { pumpCall } from '../pump.js';
import { readEnvelope } from '../request-envelope.js';
import { linesOf } from './lines.js';

/** The two pipes of a conversation. */
export interface Pipes {
  input: Readable;
  output: Writable;
}

@Injectable()
export class StdioDoor {
  constructor(
    private readonly dialog: Dialog, private readonly dispatcher: Dispatcher, private readonly sessions: Sessions,
    private readonly feed: ChangeFeed, private readonly drain: Drain, private readonly settings: Settings, private readonly log: Log,
  ) {}

  /** Serves until the input ends; returns when the last answer is written. */
  async serve({ input, output }: Pipes): Promise<void> {
    const conversation = new Conversation(output, this.dialog, this.dispatcher, this.sessions, this.feed, this.drain, this.log);
    const limits = decodeLimits(this.settings);
    for await (const line of linesOf(input, this.settings.maxMessageBytes)) {
      if ('tooLong' in line) {
        await conversation.send(encodeFault(fault('body_too_large')));
        continue;
      }
      const decoded = decodeOrRefuse(line.bytes, limits);
      if ('refused' in decoded) await conversation.send(encodeFault(decoded.refused, decoded.idText));
      else await conversation.receive(decoded.body.kind === 'batch' ? decoded.body.messages : [decoded.body], decoded.body.kind === 'batch');
    }
    await conversation.close();
  }
}

class Conversation {
  #session: Session | undefined;
  #unfollow: (() => void) | undefined;
  /** Calls of requests that carry their own circumstances; a session's are with the session. */
  readonly #traffic = new Traffic(() => 'stdio');
  readonly #running = new Set<Promise<void>>();

  constructor(
    private readonly output: Writable, private readonly dialog: Dialog, private readonly dispatcher: Dispatcher,
    private readonly sessions: Sessions, private readonly feed: ChangeFeed, private readonly drain: Drain, private readonly log: Log,
  ) {}

  /** Writes one message; waits while the reader lags, so that input is read no faster than output. */
  async send(json: string): Promise<void> {
    if (this.output.destroyed) return;
    if (!this.output.write(`${json}\n`)) {
      await new Promise<void>((resolve) => {
        this.output.once('drain', resolve);
        this.output.once('close', resolve);
      });
    }
  }

  async receive(messages: readonly Message[], batch: boolean): Promise<void> {
    if (batch && !(this.#session && rulesOf(this.#session.revision).batches)) return this.send(encodeFault(fault('batch_refused')));
    for (const message of messages) {
      try {
        if (message.kind === 'request') await this.#request(message);
        else this.#take(message);
      } catch (error) {
        const raised = asFault(error);
        if (raised.fault === 'internal') this.log.error('stdio.failed', { err: raised.cause });
        if (message.kind === 'request') await this.send(encodeFault(raised, message.idText));
      }
    }
  }

  /** Waits for running calls; open subscriptions end with their result. */
  async close(): Promise<void> {
    this.#unfollow?.();
    this.dispatcher.endSubscriptions();
    await Promise.all(this.#running);
    if (this.#session) await this.sessions.end(this.#session.id, 'disconnect');
  }

  async #request(request: Request): Promise<void> {
    if (metaOf(request)[metaKeys.protocolVersion] !== undefined) return this.#perRequest(request);
    if (isInitialize(request)) return this.#initialize(request);
    // A probe of a modern client that sent no version must be told so, not that a session is missing.
    if (!this.#session) throw request.method === 'server/discover' ? fault('meta_malformed') : fault('session_missing', { say: 'initialize first' });
    const session = this.#session;
    this.drain.assertRoom(anonymous, isWork(request) ? 1 : 0);
    const call = this.dialog.call(session, request, session.owner);
    const done = this.drain.begin(call.cancellation, isWork(request) ? anonymous : undefined);
    this.#track(pumpCall(call, this.sessions.trafficOf(session), rulesOf(session.revision), (json) => this.send(json)).finally(done));
  }

  async #initialize(request: Request): Promise<void> {
    if (this.#session) throw fault('initialize_misplaced');
    const { session, result } = await this.dialog.open(request, anonymous, 'stdio');
    this.#session = session;
    this.#unfollow = this.feed.subscribe((change) => {
      if (change.kind === 'resource' && !session.subscriptions.includes(change.uri)) return;
      const { method, params } = notificationOf(change);
      void this.send(encodeNotification(method, params));
    });
    await this.send(encodeFinal(request.idText, { kind: 'result', json: result }));
  }

  #perRequest(request: Request): void {
    const envelope = readEnvelope(request, null);
    const cancellation = new Cancellation();
    this.#traffic.assertFree([request.id]);
    const done = this.drain.begin(cancellation, isWork(request) ? anonymous : undefined);
    this.#traffic.begin(request.id, cancellation);
    const sequence = this.dispatcher.run(request, { ...envelope, caller: anonymous, transport: 'stdio', cancellation });
    const release = (): void => this.#traffic.finish(request.id);
    this.#track(pumpCall({ request, sequence, cancellation, release }, this.#traffic, envelope.rules, (json) => this.send(json)).finally(done));
  }

  #take(message: Notification | Response): void {
    const cancelled = message.kind === 'notification' && message.method === 'notifications/cancelled' ? message.params['requestId'] : undefined;
    if (isRequestId(cancelled)) this.#traffic.cancel(cancelled);
    if (this.#session) this.dialog.take(this.#session, message);
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch((error: unknown) => this.log.error('stdio.failed', { err: error })).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}
