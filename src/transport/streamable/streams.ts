/** Open event streams of sessions: opened, resumed, taken over, ended. */
import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { fraction, Random } from '../../protocol/clock.js';
import { fault } from '../../protocol/faults.js';
import { rulesOf } from '../../protocol/revision.js';
import { comment, primer, retryHint } from '../../protocol/sse-frame.js';
import { EventLog, type Position, type StreamName } from '../../sessions/event-log.port.js';
import type { Session } from '../../sessions/session.js';
import { mark, Sessions } from '../../sessions/sessions.service.js';
import { Announcements } from '../announcements.js';
import { CredentialWatch } from '../credential-watch.js';
import { Pulse } from '../pulse.js';
import { eventId, type ResumePoint } from '../resume-point.js';
import { StreamTail } from '../stream-tail.js';
import { StreamWriter } from './stream-writer.js';

/** The stream of a session that belongs to no call: announcements go there. */
export const STANDALONE = 'main';

// Whoever had to make room for a stream of the same person would only take the next one's place by coming back at once.
const EVICTED_RETRY_MS = 60_000;

/** Who reads a stream: the request that asked for it, its response, and headers to send with it. */
export interface Reader {
  request: IncomingMessage;
  response: ServerResponse;
  headers: readonly string[];
}

/** Gets a place for a stream, to be given back by the returned function; `whenLost` is called where somebody else got it. */
export type HoldPlace = (whenLost: () => void) => Promise<() => void>;

/** A stream with its reader. */
export interface OpenStream {
  name: StreamName;
  /** Ends the connection, with a hint when to come back where one is given; the log goes on (SEP-1699). */
  detach(retryMs?: number): void;
}

@Injectable()
export class Streams {
  readonly #readers = new Map<string, OpenStream>();
  /** Logs for announcements that are being opened, by session. */
  readonly #beginnings = new Map<string, Promise<Position>>();

  constructor(
    @Inject(EventLog) private readonly events: EventLog, @Inject(Random) private readonly random: Random,
    private readonly sessions: Sessions, private readonly announcements: Announcements,
    private readonly watch: CredentialWatch, private readonly pulse: Pulse, private readonly settings: Settings, private readonly log: Log,
  ) {}

  /** A new stream for the answers of one POST. */
  async openForCall(session: Session, reader: Reader): Promise<OpenStream> {
    const name = { session: session.id, stream: this.random.bytes(9).toString('hex') };
    return this.#attach(session, name, await this.events.open(name), reader);
  }

  /** The stream for announcements (GET); the later of two readers takes it over. Throws `streams_too_many`. */
  async openStandalone(session: Session, reader: Reader, hold: HoldPlace): Promise<void> {
    const name = { session: session.id, stream: STANDALONE };
    // Two that come at once share one beginning: begun twice, everything would be announced twice.
    const from = await (this.#beginnings.get(session.id) ?? this.#begin(session, name));
    await this.#seat(session, name, from, reader, hold);
    await this.sessions.endIfGone(session);
  }

  /**
   * Reads a stream on from a place. Throws `event_id_malformed` for a place that is not on a stream of this session,
   * `stream_gap` for one whose following events are no longer held, and `streams_too_many`.
   */
  async resume(session: Session, point: ResumePoint, reader: Reader, hold: HoldPlace): Promise<void> {
    const name = { session: session.id, stream: point.stream };
    const slice = await this.events.read(name, point.position, 1);
    if (slice.kind === 'unknown') throw fault('event_id_malformed');
    if (slice.kind === 'gap') {
      this.log.warn('stream.gap', { session: mark(session.id) });
      throw fault('stream_gap');
    }
    await this.#seat(session, name, point.position, reader, hold);
  }

  /** Whether the last words of a call still wait for a reader that is slow. */
  get hasUnread(): boolean {
    return [...this.#readers.values()].some(({ name }) => name.stream !== STANDALONE);
  }

  /**
   * Ends connections with a hint when to come back; what was logged stays (contract line 19).
   *
   * @param which those that wait for news only, or also those of calls.
   */
  detachAll(which: 'news' | 'all'): void {
    for (const reader of this.#readers.values()) {
      if (which === 'all' || reader.name.stream === STANDALONE) reader.detach(this.#jittered(this.settings.retryMs));
    }
  }

  #begin(session: Session, name: StreamName): Promise<Position> {
    const beginning = this.#placeOfStandalone(session, name).finally(() => this.#beginnings.delete(session.id));
    this.#beginnings.set(session.id, beginning);
    return beginning;
  }

  async #placeOfStandalone(session: Session, name: StreamName): Promise<Position> {
    const tip = await this.events.tip(name);
    if (tip) return tip;
    const start = await this.events.open(name);
    this.announcements.follow(session, name);
    return start;
  }

  /** A reader who came for the stream itself, and not for the answer of a call, takes a place. */
  async #seat(session: Session, name: StreamName, from: Position, reader: Reader, hold: HoldPlace): Promise<void> {
    // First, so that whoever takes a stream over takes the place as well.
    this.#readers.get(keyOf(name))?.detach();
    const seat: { stream?: OpenStream } = {};
    const leave = await hold(() => seat.stream?.detach(EVICTED_RETRY_MS));
    if (reader.response.destroyed) return leave();
    seat.stream = this.#attach(session, name, from, reader, leave);
  }

  #attach(session: Session, name: StreamName, from: Position, { request, response, headers }: Reader, leave?: () => void): OpenStream {
    const key = keyOf(name);
    const forgetEnd = this.sessions.onEnd(session, () => writer.end());
    const unwatch = this.watch.watch(request, session.owner, () => writer.end());
    const writer = new StreamWriter(response, this.settings, this.pulse, (cut) => {
      tail?.stop();
      forgetEnd();
      unwatch();
      leave?.();
      if (this.#readers.get(key) === stream) this.#readers.delete(key);
      if (cut) this.log.warn('stream.cut', { session: mark(session.id), reason: cut });
    });
    const stream: OpenStream = {
      name,
      detach: (retryMs) => {
        tail?.stop();
        if (retryMs !== undefined) writer.write(retryHint(retryMs));
        writer.end();
      },
    };
    this.#readers.get(key)?.detach();
    this.#readers.set(key, stream);
    // Only clients of 2025-11-25 know an event without data; others parse it and fail.
    const prime = rulesOf(session.revision).primingEvents ? primer(eventId(name.stream, from), this.settings.retryMs) : comment('open');
    writer.open(headers, prime);
    const tail: StreamTail | undefined = writer.closed ? undefined : new StreamTail(this.events, name, from, writer, this.settings.streamBufferMessages);
    return stream;
  }

  // Clients that all come back in the same instant after a deploy would be an attack of our own making.
  #jittered(ms: number): number {
    return Math.round(ms * (0.5 + fraction(this.random)));
  }
}

function keyOf({ session, stream }: StreamName): string {
  return `${session} ${stream}`;
}
