/** Which revision has what, read from the changelogs of the specification: by feature, where the table is by revision. */
import { describe, expect, it } from 'vitest';
import { isRevision, negotiate, newestSessionRevision, revisions, rulesOf, supportedRevisions, type RevisionRules } from './revision.js';

const since = (first: string, last = '9999'): readonly string[] => revisions.filter((revision) => revision >= first && revision <= last);

describe('a feature exists in the revisions that brought and kept it', () => {
  it.each<[feature: string, holds: (rules: RevisionRules) => boolean, expected: readonly string[]]>([
    ['sessions and a handshake, until 2026-07-28', ({ era }) => era === 'session', since('2024', '2025-11-25')],
    ['requests that carry everything, since 2026-07-28', ({ era }) => era === 'request', since('2026-07-28')],
    ['batches, in 2025-03-26 alone', ({ batches }) => batches, ['2025-03-26']],
    ['sounds, since 2025-03-26', ({ audio }) => audio, since('2025-03-26')],
    ['messages with progress, since 2025-03-26', ({ progressMessages }) => progressMessages, since('2025-03-26')],
    ['structured content, since 2025-06-18', ({ structured }) => structured, since('2025-06-18')],
    ['structured content of any type, since 2026-07-28', ({ structuredAny }) => structuredAny, since('2026-07-28')],
    ['argument errors that a model reads, since 2025-11-25', ({ argumentErrorsAsResult }) => argumentErrorsAsResult, since('2025-11-25')],
    ['questions by URL, since 2025-11-25', ({ urlElicitation }) => urlElicitation, since('2025-11-25')],
    ['streams that open with an id, in 2025-11-25 alone', ({ primingEvents }) => primingEvents, ['2025-11-25']],
    ['a code of its own for unknown resources, until 2026-07-28', ({ resourceUnknownCode }) => resourceUnknownCode === -32002, since('2024', '2025-11-25')],
    ['the code of wrong parameters for them, since', ({ resourceUnknownCode }) => resourceUnknownCode === -32602, since('2026-07-28')],
  ])('%s', (_, holds, expected) => {
    expect(revisions.filter((revision) => holds(rulesOf(revision)))).toEqual(expected);
  });

  it('knows each by its own name', () => {
    for (const revision of revisions) expect(rulesOf(revision).revision).toBe(revision);
  });
});

describe('a handshake ends with a revision that has one', () => {
  it.each(since('2024', '2025-11-25'))('%s is answered in kind', (revision) => {
    expect(negotiate(revision)).toBe(revision);
  });

  it.each(['2026-07-28', '2099-01-01', '1999-12-31', '', 'constructor', 'toString', 7, null, undefined, ['2025-11-25']])('%j is answered with the newest that has one', (requested) => {
    expect(negotiate(requested)).toBe('2025-11-25');
    expect(newestSessionRevision).toBe('2025-11-25');
  });
});

describe('what is no revision is not taken for one', () => {
  it('however it looks', () => {
    expect(revisions.every(isRevision)).toBe(true);
    for (const other of ['2025-11-26', ' 2025-11-25', 'constructor', '__proto__', '', 20_251_125, null, ['2025-11-25']]) expect(isRevision(other)).toBe(false);
  });
});

describe('a server that is asked names what it speaks', () => {
  it('newest first', () => {
    expect(supportedRevisions).toEqual(['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05', '2024-10-07']);
  });
});
