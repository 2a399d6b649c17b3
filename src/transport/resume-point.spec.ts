/** Row B6: an event id leads to its own place or nowhere, never to "everything" and never to "from now". */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventId, parseEventId } from './resume-point.js';

const EPOCH = '0123456789ab';

describe('an event id', () => {
  it('names the stream and the place it was written for', () => {
    const place = fc.record({ stream: fc.stringMatching(/^[A-Za-z0-9-]{1,32}$/), epoch: fc.stringMatching(/^[0-9a-f]{12}$/), offset: fc.nat(2 ** 40) });
    fc.assert(fc.property(place, ({ stream, epoch, offset }) => {
      expect(parseEventId(eventId(stream, { epoch, offset }))).toEqual({ stream, position: { epoch, offset } });
    }));
  });

  it.each([
    ['nothing', ''], ['a number', '7'], ['a place without a stream', `_${EPOCH}_1`], ['a stream without a place', 's'], ['no offset', `s_${EPOCH}_`],
    ['a negative offset', `s_${EPOCH}_-1`], ['a padded offset', `s_${EPOCH}_01`], ['a fraction', `s_${EPOCH}_1.5`], ['an exponent', `s_${EPOCH}_1e3`],
    ['an offset beyond exact numbers', `s_${EPOCH}_9007199254740993`], ['a short epoch', 's_0123_1'], ['an epoch in capitals', `s_${EPOCH.toUpperCase()}_1`],
    ['SQL', `s_${EPOCH}_1' OR '1'='1`], ['a path', `../s_${EPOCH}_1`], ['a line break', `s_${EPOCH}_1\n`], ['white space', ` s_${EPOCH}_1`],
    ['ten kilobytes', 'x'.repeat(10_240)], ['a stream of 33 characters', `${'s'.repeat(33)}_${EPOCH}_1`], ['a fourth part', `s_${EPOCH}_1_2`],
  ])('is refused where it is %s', (_, text) => {
    expect(() => parseEventId(text)).toThrow(expect.objectContaining({ fault: 'event_id_malformed', row: expect.objectContaining({ http: 400 }) }));
  });

  it('is refused or read, whatever the text, and never misread', () => {
    fc.assert(fc.property(fc.string(), (text) => {
      try {
        const { stream, position } = parseEventId(text);
        expect(eventId(stream, position)).toBe(text);
      } catch (error) {
        expect(error).toMatchObject({ fault: 'event_id_malformed' });
      }
    }));
  });
});
