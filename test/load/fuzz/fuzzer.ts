/** Sends damaged messages to a server and judges every answer (row A26). */
import { setTimeout as pause } from 'node:timers/promises';
import { RawConnection, type RawResponse } from '../../support/http-raw.js';
import { WireServer } from '../../support/wire.js';
import { sampleOf, type Sample } from './corpus.js';
import { Dice } from './dice.js';
import { askedIn, faultsOf } from './judge.js';
import { damage, type Damaged } from './mutations.js';
import { OpenRooms } from './rooms.js';

/** What a run is made of. */
export interface FuzzRun {
  seed: number;
  /** The first message and the one behind the last. */
  from: number;
  to: number;
  lines: number;
  onProgress?(done: number, statuses: ReadonlyMap<string, number>): void;
}

/** What came of it. */
export interface Finding {
  index: number;
  faults: string[];
  sent: string;
  answered: string;
}

// So many messages share their sessions.
const TERM = 5000;
// A tool may fail on arguments that its author did not foresee; the log says so and the caller gets a plain answer.
const TOOL_FAILED = /"event":"(?:call\.failed|nest\.error)"\}$/;
const STREAM_MS = 250;
const SETTLE_MS = 100;

export class Fuzzer {
  readonly findings: Finding[] = [];
  readonly statuses = new Map<string, number>();
  readonly #rooms: OpenRooms;

  constructor(private readonly server: WireServer) {
    this.#rooms = new OpenRooms(server.url);
  }

  /** A server for a run: limits out of the way, waits short, what is left behind soon forgotten. */
  static server(): Promise<WireServer> {
    return WireServer.start({
      LOG_LEVEL: 'warn', GATEHOUSE_MAX_SESSIONS_PER_CALLER: '9000', GATEHOUSE_MAX_CALLS_PER_CALLER: '500', GATEHOUSE_STREAM_AFTER_MS: '100',
      GATEHOUSE_QUESTION_TIMEOUT_MS: '50', GATEHOUSE_TOOL_TIMEOUT: '2000', GATEHOUSE_REQUEST_STATE_TTL_SECONDS: '5', GATEHOUSE_EVENT_LOG_TTL_SECONDS: '2',
      MCP_SESSION_IDLE_SECONDS: '8', GATEHOUSE_SESSION_SWEEP_SECONDS: '2', GATEHOUSE_HEADERS_TIMEOUT_MS: '2000', GATEHOUSE_REQUEST_TIMEOUT_MS: '3000',
    });
  }

  /** Sends the messages of a run, in terms; stops at the first defect of the process itself. */
  async run({ seed, from, to, lines, onProgress }: FuzzRun): Promise<void> {
    for (let start = from; start < to; start += TERM) {
      await this.#rooms.open();
      let next = start;
      const end = Math.min(to, start + TERM);
      await Promise.all(Array.from({ length: lines }, async () => {
        const line = new Line(this.server.url);
        while (next < end) await this.#send(seed, next++, line);
        line.drop();
      }));
      const faults = await this.#rooms.leave();
      if (faults.length > 0) this.findings.push({ index: start, faults: faults.slice(0, 5), sent: 'messages of this term', answered: 'on the stream of 2024-11-05' });
      const defects = this.server.complaints.filter((line) => !TOOL_FAILED.test(line));
      if (defects.length > 0) throw new Error(`The server complained between ${start} and ${end}: ${defects.join('\n').slice(0, 4000)}`);
      onProgress?.(end, this.statuses);
    }
  }

  async #send(seed: number, index: number, line: Line): Promise<void> {
    const dice = new Dice(seed, index);
    await this.#rooms.open();
    const sample = sampleOf(dice, index, this.#rooms);
    const damaged = damage(dice, sample);
    const asked = askedIn(damaged.body);
    if (sample.revision === '2024-11-05' && asked) this.#rooms.asked(asked);
    try {
      const answers = damaged.wild ? await line.apart(damaged.bytes) : [await line.exchange(damaged.bytes)];
      for (const answer of answers) this.#take(index, sample, damaged, answer);
    } catch (error) {
      this.#note(index, [`no answer: ${String(error)}`], damaged, '');
      line.drop();
    }
  }

  #take(index: number, sample: Sample, damaged: Damaged, answer: RawResponse): void {
    this.statuses.set(`${answer.status}`, (this.statuses.get(`${answer.status}`) ?? 0) + 1);
    const asked = askedIn(damaged.body);
    if (answer.status === 404 && !damaged.wild) this.#rooms.forget(sample.revision);
    const state = /"requestState":"([\w-]+)"/.exec(answer.body)?.[1];
    if (state !== undefined) this.#rooms.state = state;
    // A head that was damaged as bytes may have become two, or cut its body: who asked for what is open.
    const faults = faultsOf(answer, sample.revision, asked).filter((fault) => !damaged.wild || /^(?:status|internals)/.test(fault));
    if (faults.length > 0) this.#note(index, faults, damaged, answer.body);
  }

  #note(index: number, faults: string[], { bytes }: Damaged, answered: string): void {
    this.findings.push({ index, faults, sent: bytes.toString('latin1').slice(0, 2000), answered: answered.slice(0, 1000) });
  }
}

/** A keep-alive connection, opened anew where the last one is over. */
class Line {
  #line: RawConnection | undefined;

  constructor(private readonly url: string) {}

  /** One request and its answer; of a stream that stays open, what it says at first. */
  async exchange(bytes: Buffer): Promise<RawResponse> {
    const reused = this.#line !== undefined && !this.#line.isClosed;
    const line = reused && this.#line ? this.#line : await RawConnection.open(this.url);
    this.#line = line;
    const whole = line.write(bytes).response();
    whole.catch(() => undefined);
    const ended = whole.catch(() => 'cut' as const);
    let first = await Promise.race([ended, pause(STREAM_MS, 'late' as const)]);
    while (first === 'late') {
      if (/^HTTP\/1\.1 200 [^]*\r\ncontent-type: text\/event-stream/i.test(line.unread)) {
        this.drop();
        return { status: 200, headers: new Map([['content-type', ['text/event-stream']]]), body: '' };
      }
      first = await Promise.race([ended, pause(STREAM_MS, 'late' as const)]);
    }
    if (typeof first === 'object') return this.#kept(first);
    // The server may close an idle line in the very moment in which it is used again.
    if (first === 'cut' && reused && line.unread === '') {
      this.drop();
      return this.exchange(bytes);
    }
    return this.#kept(await whole);
  }

  /** Sends bytes on a line of their own, says that this was all, and takes every answer that comes. */
  async apart(bytes: Buffer): Promise<RawResponse[]> {
    const line = await RawConnection.open(this.url);
    const answers: RawResponse[] = [];
    const first = await Promise.race([line.write(bytes).response().catch(() => undefined), pause(SETTLE_MS, undefined)]);
    if (first) answers.push(first);
    line.finish();
    await Promise.race([line.closed().catch(() => undefined), pause(STREAM_MS)]);
    line.destroy();
    return answers;
  }

  drop(): void {
    this.#line?.destroy();
    this.#line = undefined;
  }

  #kept(response: RawResponse): RawResponse {
    if (response.headers.get('connection')?.[0] === 'close') this.drop();
    return response;
  }
}
