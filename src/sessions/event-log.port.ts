/** Where the messages of resumable streams are kept for a while. */

/** Names a stream: unique over all sessions, worthless without its session. */
export interface StreamName {
  session: string;
  stream: string;
}

/** A place in a log. The epoch changes whenever the log may have forgotten, so that old places never lie. */
export interface Position {
  epoch: string;
  /** Counts messages from 1; 0 is the place before the first. */
  offset: number;
}

export interface LoggedEvent {
  offset: number;
  /** JSON text of the message; empty for a place that only opens the stream. */
  json: string;
}

/** What stands behind a place. */
export type LogSlice =
  | { kind: 'events'; events: LoggedEvent[]; ended: boolean }
  /** Events behind the place are no longer held. */
  | { kind: 'gap' }
  /** There is no such stream, or no such place on it. */
  | { kind: 'unknown' };

export const EventLog = Symbol('EventLog');
export interface EventLog {
  /** Opens an empty log and returns the place before its first event. */
  open(name: StreamName): Promise<Position>;
  /** The place behind the last event; undefined for a stream that is not held. */
  tip(name: StreamName): Promise<Position | undefined>;
  /** Appends behind the last event and wakes watchers. Nothing is kept of a stream that is not open. */
  append(name: StreamName, json: string): Promise<void>;
  /** Says that nothing more will come; the log stays readable for its time. */
  end(name: StreamName): Promise<void>;
  /** At most `limit` events behind a place, in order. */
  read(name: StreamName, after: Position, limit: number): Promise<LogSlice>;
  /** Calls back when there may be something new; may call too often. Until the returned function is called. */
  watch(name: StreamName, wake: () => void): () => void;
  /** Lets go of ended logs whose time is over. */
  sweep(): Promise<void>;
  /** Forgets every stream of a session. */
  forget(session: string): Promise<void>;
}
