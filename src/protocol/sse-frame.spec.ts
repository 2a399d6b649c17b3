/** Rows B11 and R72. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comment, frame, jsonFrame, primer, retryHint } from './sse-frame.js';

interface Received {
  events: EventSourceMessage[];
  comments: string[];
  retries: number[];
}

/** What an EventSource makes of the text, cut in two anywhere. */
function received(wire: string, cut = wire.length): Received {
  const seen: Received = { events: [], comments: [], retries: [] };
  const parser = createParser({
    onEvent: (event) => seen.events.push(event),
    onComment: (text) => seen.comments.push(text),
    onRetry: (milliseconds) => seen.retries.push(milliseconds),
    onError: (error) => { throw error; },
  });
  parser.feed(wire.slice(0, cut));
  parser.feed(wire.slice(cut));
  return seen;
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.constantFrom('\n', '\r', '\r\n', '\n\nevent: x\n', 'data:', 'id: 1', ':', ' ', '\u2028', '\ufeff', 'a'), { maxLength: 12 })
    .map((parts) => parts.join('')),
);
const oneLine = fc.string({ unit: 'binary' }).map((value) => value.replaceAll(/[\r\n\0]/g, ''));

describe('an event is written line by line (R72)', () => {
  it('has its fields in order, one data line per line and a blank line at the end', () => {
    expect(frame({ event: 'progress', id: '7', retry: 500, data: 'a\nb' })).toBe('event: progress\nid: 7\nretry: 500\ndata: a\ndata: b\n\n');
    expect(frame({ data: '' })).toBe('data: \n\n');
  });

  it('takes CRLF, CR and LF for one line break each', () => {
    expect(frame({ data: 'a\r\nb\rc\n\nd\n' })).toBe('data: a\ndata: b\ndata: c\ndata: \ndata: d\ndata: \n\n');
  });

  it('writes JSON as a single data line', () => {
    expect(jsonFrame('{"a":1}')).toBe('data: {"a":1}\n\n');
    expect(jsonFrame('{"a":1}', 's/4')).toBe('id: s/4\ndata: {"a":1}\n\n');
  });

  it('opens a resumable stream with an id, the time to wait and no data', () => {
    expect(primer('s/0', 1000)).toBe('id: s/0\nretry: 1000\ndata: \n\n');
  });

  it.each([0, 1000])('asks a reader to wait %i milliseconds, without an event', (retry) => {
    expect(retryHint(retry)).toBe(`retry: ${retry}\n\n`);
    expect(received(retryHint(retry))).toEqual({ events: [], comments: [], retries: [retry] });
  });

  it('lets no comment become an event', () => {
    expect(comment('beat')).toBe(': beat\n\n');
    expect(received(comment('a\n\ndata: b'))).toEqual({ events: [], comments: ['a', '', 'data: b'], retries: [] });
  });
});

describe('no content breaks out of its event (B11)', () => {
  it('brings any text back as one event, line breaks as LF', () => {
    fc.assert(fc.property(text, oneLine, fc.nat(500), (data, id, cut) => {
      const { events } = received(frame({ id, data }) + frame({ data: 'next' }), cut);
      expect(events).toEqual([{ id, event: undefined, data: data.replaceAll(/\r\n?/g, '\n') }, { id: undefined, event: undefined, data: 'next' }]);
    }));
  });

  it('brings event, id and retry back as they were', () => {
    fc.assert(fc.property(oneLine, oneLine, fc.nat(), (event, id, retry) => {
      const { events, retries } = received(frame({ event, id, retry, data: 'x' }));
      expect(events).toEqual([{ id, event: event === '' ? undefined : event, data: 'x' }]);
      expect(retries).toEqual([retry]);
    }));
  });

  it('brings any JSON back as an equal value', () => {
    fc.assert(fc.property(fc.oneof(text, fc.jsonValue()), (value) => {
      const { events } = received(jsonFrame(JSON.stringify({ value }), '1'));
      expect(events).toHaveLength(1);
      expect(events[0]?.data).toBe(JSON.stringify({ value }));
    }));
  });

  it.each(['a\rb', 'a\nb', 'a\0b', '\n'])('refuses %j as an event type or an id, and says which', (value) => {
    expect(() => frame({ event: value, data: '' })).toThrow(new TypeError('An SSE event must not contain CR, LF or NUL'));
    for (const write of [() => frame({ id: value, data: '' }), () => jsonFrame('{}', value), () => primer(value, 1)]) {
      expect(write).toThrow(new TypeError('An SSE id must not contain CR, LF or NUL'));
    }
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses to wait for %s milliseconds', (retry) => {
    const reason = new TypeError('An SSE retry must be a whole number of milliseconds');
    for (const write of [() => frame({ retry, data: '' }), () => primer('1', retry), () => retryHint(retry)]) expect(write).toThrow(reason);
  });
});
