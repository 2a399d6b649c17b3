/** One table of ratios: each is taken within its round, then the median of the rounds stands before their spread. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const others = ['bare', 'sdk2', 'sdk1'];
const columns = ['bare', 'gatehouse', 'sdk2', 'sdk1'];

/** The table as text. */
export function table(rates, costs) {
  const head = ['', 'at once', ...others.map((other) => `Gatehouse / ${other}`), `by CPU time / ${others.join(', ')}`, `CPU µs each: ${columns.join(', ')}`];
  const body = rates.map((row) => [
    row.title, String(row.concurrency),
    ...others.map((other) => withSpread(ratios(row.rounds, 'gatehouse', other, 'perSecond'))),
    // Answers for the same CPU time: other work on the machine disturbs it less than it does the clock.
    others.map((other) => withoutSpread(ratios(row.rounds, other, 'gatehouse', 'cpuMicroseconds'))).join(', '),
    medians(row.rounds, 'cpuMicroseconds'),
  ]);
  const below = costs.map((row) => [
    `${row.title} (less is better)`, '',
    ...others.map((other) => withSpread(ratios(row.rounds, 'gatehouse', other, 'value'))),
    '', `${row.unit}: ${medians(row.rounds, 'value')}`,
  ]);
  return aligned([head, ...body, ...below]);
}

/** How much of its core a fully loaded server got, as a median: less than all means that something else was running. */
export function shareOfCore(rates) {
  const shares = rates.filter((row) => row.concurrency >= 16).flatMap((row) => row.rounds.flatMap(Object.values))
    .filter((result) => result.cpuMicroseconds !== undefined).map((result) => (result.cpuMicroseconds * result.perSecond) / 1e6);
  return shares.length === 0 ? undefined : median(shares);
}

/** Everything measured, for whoever wants more than the table. */
export function writeResults(path, results) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

function ratios(rounds, one, other, member) {
  return rounds.filter((round) => round[one]?.[member] && round[other]?.[member]).map((round) => round[one][member] / round[other][member]);
}

function withSpread(values) {
  return values.length < 2 ? withoutSpread(values) : `${number(median(values))} (${number(Math.min(...values))}–${number(Math.max(...values))})`;
}

function withoutSpread(values) {
  return values.length === 0 ? '–' : number(median(values));
}

function medians(rounds, member) {
  return columns.map((column) => withoutSpread(rounds.map((round) => round[column]?.[member]).filter((value) => value !== undefined))).join(', ');
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function number(value) {
  if (Math.abs(value) >= 100) return String(Math.round(value));
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}
