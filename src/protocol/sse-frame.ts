/** Writes Server-Sent Events as text that every EventSource reads back unchanged (HTML Standard §9.2.6). */

/** One event; an absent field is not written. */
export interface SseEvent {
  /** The event's type; a reader assumes `message`. */
  event?: string;
  /** What the reader sends back in `Last-Event-ID`. */
  id?: string;
  /** Milliseconds the reader waits before it reconnects. */
  retry?: number;
  /** Any text; CRLF and CR reach the reader as LF. */
  data: string;
}

/**
 * The wire text of an event, blank line included. Throws TypeError when `event` or `id` holds CR, LF or NUL, which
 * would begin a field of their own or void the id, and when `retry` is not a whole number of milliseconds.
 */
export function frame({ event, id, retry, data }: SseEvent): string {
  let text = '';
  if (event !== undefined) text += `event: ${oneLine('event', event)}\n`;
  if (id !== undefined) text += `id: ${oneLine('id', id)}\n`;
  if (retry !== undefined) text += `retry: ${wholeMilliseconds(retry)}\n`;
  return `${text}data: ${lines(data).join('\ndata: ')}\n\n`;
}

/**
 * The wire text of a `message` event around JSON without raw line breaks, as `JSON.stringify` writes it. Not for
 * indented JSON: that is {@link frame}'s. Throws TypeError for an `id` as {@link frame} does.
 */
export function jsonFrame(json: string, id?: string): string {
  return id === undefined ? `data: ${json}\n\n` : `id: ${oneLine('id', id)}\ndata: ${json}\n\n`;
}

/** A comment, which readers skip: it keeps an idle connection open. */
export function comment(text: string): string {
  return `: ${lines(text).join('\n: ')}\n\n`;
}

/**
 * The event that opens a resumable stream: an id to come back with, the time to wait in milliseconds, and empty
 * data (SEP-1699). Throws TypeError as {@link frame} does.
 */
export function primer(id: string, retryMs: number): string {
  return frame({ id, retry: retryMs, data: '' });
}

/** Tells a reader how long to wait before it reconnects; no event of its own. Throws TypeError as {@link frame} does. */
export function retryHint(retryMs: number): string {
  return `retry: ${wholeMilliseconds(retryMs)}\n\n`;
}

function lines(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

function oneLine(field: string, value: string): string {
  if (/[\r\n\0]/.test(value)) throw new TypeError(`An SSE ${field} must not contain CR, LF or NUL`);
  return value;
}

function wholeMilliseconds(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError('An SSE retry must be a whole number of milliseconds');
  return value;
}
