/** Event logs in this process: bounded in messages, bytes, streams and time. */
import type { Clock, Random } from '../../protocol/clock.js';
import type { EventLog, LogSlice, LoggedEvent, Position, StreamName } from '../../sessions/event-log.port.js';

/** Bounds of the memory. */
export interface EventLogLimits {
  messages: number;
  bytes: number;
  /** How long an ended log stays readable, in milliseconds. */
  ttlMs: number;
}

// A session that opens streams without end loses its oldest ended ones first.
const MAX_STREAMS_OF_SESSION = 256;

interface Log {
  events: LoggedEvent[];
  /** Offset of the last event ever appended. */
  last: number;
  bytes: number;
  /** When it ended, in milliseconds since the epoch; undefined while it may grow. */
  endedAt: number | undefined;
  watchers: Set<() => void>;
}

export class MemoryEventLog implements EventLog {
  readonly #sessions = new Map<string, Map<string, Log>>();
  // A restart forgets everything: places from before must not be taken for places of now.
  readonly #epoch: string;

  constructor(private readonly limits: EventLogLimits, private readonly clock: Clock, random: Random) {
    this.#epoch = random.bytes(6).toString('hex');
  }

  async open({ session, stream }: StreamName): Promise<Position> {
    const logs = this.#sessions.get(session) ?? new Map<string, Log>();
    this.#sessions.set(session, logs);
    if (logs.size >= MAX_STREAMS_OF_SESSION) this.#makeRoom(logs);
    logs.set(stream, { events: [], last: 0, bytes: 0, endedAt: undefined, watchers: new Set() });
    return { epoch: this.#epoch, offset: 0 };
  }

  async tip(name: StreamName): Promise<Position | undefined> {
    const log = this.#find(name);
    return log && { epoch: this.#epoch, offset: log.last };
  }

  async append(name: StreamName, json: string): Promise<void> {
    const log = this.#find(name);
    if (!log || log.endedAt !== undefined) return;
    log.events.push({ offset: ++log.last, json });
    log.bytes += json.length;
    while (log.events.length > 1 && (log.events.length > this.limits.messages || log.bytes > this.limits.bytes)) {
      log.bytes -= log.events.shift()?.json.length ?? 0;
    }
    wake(log);
  }

  async end(name: StreamName): Promise<void> {
    const log = this.#find(name);
    if (!log || log.endedAt !== undefined) return;
    log.endedAt = this.clock.now();
    wake(log);
  }

  async read(name: StreamName, after: Position, limit: number): Promise<LogSlice> {
    if (after.epoch !== this.#epoch) return { kind: 'gap' };
    const log = this.#find(name);
    if (!log || after.offset > log.last) return { kind: 'unknown' };
    const first = log.events[0]?.offset ?? log.last + 1;
    if (after.offset + 1 < first) return { kind: 'gap' };
    const events = log.events.slice(after.offset + 1 - first, after.offset + 1 - first + limit);
    const complete = (events.at(-1)?.offset ?? after.offset) === log.last;
    return { kind: 'events', events, ended: complete && log.endedAt !== undefined };
  }

  watch(name: StreamName, wakeUp: () => void): () => void {
    const log = this.#find(name);
    log?.watchers.add(wakeUp);
    return () => log?.watchers.delete(wakeUp);
  }

  async sweep(): Promise<void> {
    for (const [session, logs] of this.#sessions) {
      for (const stream of logs.keys()) this.#find({ session, stream });
      if (logs.size === 0) this.#sessions.delete(session);
    }
  }

  async forget(session: string): Promise<void> {
    const logs = this.#sessions.get(session);
    this.#sessions.delete(session);
    for (const log of logs?.values() ?? []) {
      log.endedAt ??= this.clock.now();
      wake(log);
    }
  }

  #find({ session, stream }: StreamName): Log | undefined {
    const logs = this.#sessions.get(session);
    const log = logs?.get(stream);
    if (!logs || log?.endedAt === undefined || log.endedAt + this.limits.ttlMs > this.clock.now()) return log;
    logs.delete(stream);
    return undefined;
  }

  #makeRoom(logs: Map<string, Log>): void {
    const now = this.clock.now();
    for (const [stream, log] of logs) {
      if (log.endedAt !== undefined && (log.endedAt + this.limits.ttlMs <= now || logs.size >= MAX_STREAMS_OF_SESSION)) logs.delete(stream);
    }
  }
}

function wake(log: Log): void {
  for (const watcher of log.watchers) watcher();
}
