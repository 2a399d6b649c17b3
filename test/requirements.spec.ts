/**
 * Keeps the count of proven rows honest. A row of the brief is claimed in requirements.json, with the spec file that
 * names it in a title or a comment; a claim without a test, and a name without a row, are failures.
 */
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';

const ROWS = 283;
const root = join(import.meta.dirname, '..');
const claims: Readonly<Record<string, string>> = JSON.parse(readFileSync(join(import.meta.dirname, 'requirements.json'), 'utf8'));

/** The spec files that name a row, by row. */
const named = new Map<string, Set<string>>();

// Titles of tests and suites, and comments: names anywhere else (data, code) prove nothing.
const TITLE = /\b(?:describe|it|test)(?:\.\w+)*(?:<[^(]*>)?\((?:\[[\s\S]*?\]\)\()?\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1/g;
const EACH_TITLE = /^\s*(?:\}|\])?.*\)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;
const ROW = /(?<![\w–-])R([1-9]\d{0,2})\b(?!\s*[–-]\s*R?\d)/g;

/** The rows a source names. The ends of a range count for nothing: a range claims what nobody wrote down. */
function rowsOf(source: string): string[] {
  const texts = [...source.matchAll(TITLE), ...source.matchAll(EACH_TITLE)].map((match) => match[2] ?? '');
  const comments = [...source.matchAll(COMMENT)].map(([comment]) => comment);
  return [...texts, ...comments].flatMap((text) => [...text.matchAll(ROW)].map(([row]) => row));
}

beforeAll(async () => {
  for await (const file of glob(['src/**/*.spec.ts', 'test/**/*.spec.ts'], { cwd: root })) {
    const path = file.replaceAll('\\', '/');
    if (path === 'test/requirements.spec.ts') continue;
    for (const row of rowsOf(readFileSync(join(root, path), 'utf8'))) named.set(row, (named.get(row) ?? new Set()).add(path));
  }
});

describe('the rows of the brief', () => {
  it('are claimed by the spec file that names them', () => {
    const empty = Object.entries(claims).filter(([row, file]) => !named.get(row)?.has(file));
    expect(empty).toEqual([]);
  });

  it('exist, wherever one is named or claimed', () => {
    const unknown = [...named.keys(), ...Object.keys(claims)].filter((row) => !/^R\d+$/.test(row) || Number(row.slice(1)) > ROWS);
    expect(unknown).toEqual([]);
  });

  it('are counted', () => {
    const proven = [...named.keys()].filter((row) => Number(row.slice(1)) <= ROWS);
    process.stdout.write(`${proven.length} of ${ROWS} requirement rows are proven\n`);
    expect(proven.length).toBeGreaterThanOrEqual(Object.keys(claims).length);
  });
});
