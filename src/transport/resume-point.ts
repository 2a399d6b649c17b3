/** The event ids of resumable streams: which stream, and where on it. */
import { fault } from '../protocol/faults.js';
import type { Position } from '../sessions/event-log.port.js';

const EVENT_ID = /^([A-Za-z0-9-]{1,32})_([0-9a-f]{12})_(0|[1-9]\d{0,14})$/;

/** A place named by an event id. */
export interface ResumePoint {
  stream: string;
  position: Position;
}

/** The id of the event at a place. */
export function eventId(stream: string, { epoch, offset }: Position): string {
  return `${stream}_${epoch}_${offset}`;
}

/** The place an id names. Throws `event_id_malformed` for anything this server did not write. */
export function parseEventId(text: string): ResumePoint {
  const [, stream, epoch, offset] = EVENT_ID.exec(text) ?? [];
  if (stream === undefined || epoch === undefined || offset === undefined) throw fault('event_id_malformed');
  return { stream, position: { epoch, offset: Number(offset) } };
}
