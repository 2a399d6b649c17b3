/** The tables of a run: each ratio is taken within its round, then the median of the rounds stands before their spread. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { columns } from './cases.mjs';
import { aligned, median, ratios, valuesOf, withSpread, written } from './numbers.mjs';

const others = Object.keys(columns).filter((column) => column !== 'gatehouse');

const byCpu = ['bare', 'sdk2', 'sdk2fast', 'sdk1'];

// Above this share of its core, the generator and not the server says how fast it goes.
const GENERATOR_BUSY = 0.95;

/** Gatehouse against each other server, as it is read on a terminal. */
export function ratioTable(rates, costs) {
  const head = ['Gatehouse against', 'at once', ...others.map((other) => columns[other]), 'by CPU time: node:http', 'SDK 2', 'SDK 2, parsed', 'SDK 1'];
  const body = rates.map((row) => [
    row.title, String(row.concurrency), ...others.map((other) => ratioCell(row, other)),
    ...byCpu.map((other) => written(median(ratios(row.rounds, other, 'gatehouse', 'cpuMicroseconds')))),
  ]);
  const below = costs.map((row) => [`${row.title} (less is better)`, '', ...others.map((other) => withSpread(ratios(row.rounds, 'gatehouse', other, 'value'))), ...byCpu.map(() => '')]);
  return aligned([head, ...body, ...below]);
}

const verdicts = { yes: 'yes', manual: 'not at its fastest', no: '**no**' };

/** The goals, in the words of a person. */
export function goalTable(goals) {
  const head = ['What', 'Goal', 'Reached', 'by CPU time', 'SDK 2 at its fastest', 'by CPU time', 'Bare node:http', 'Met'];
  return aligned([head, ...goals.map(({ what, goal, reached, byCpu, fastest, fastestByCpu, bare, holds }) => [what, goal, reached, byCpu, fastest, fastestByCpu, bare, verdicts[holds]])]);
}

/** CPU time of one answer, on each server. */
export function cpuTable(rates) {
  return aligned([['CPU µs of one answer', 'at once', ...Object.values(columns)], ...rates.map((row) => [
    row.title, String(row.concurrency), ...Object.keys(columns).map((column) => written(median(valuesOf(row.rounds, column, 'cpuMicroseconds')))),
  ])]);
}

/** What costs are, on each server. */
export function costTable(costs) {
  return aligned([['Less is better', 'unit', ...Object.values(columns)], ...costs.map((row) => [
    row.title, row.unit, ...Object.keys(columns).map((column) => withSpread(valuesOf(row.rounds, column, 'value'))),
  ])]);
}

/** How much of its core a fully loaded server got, as a median: less than all means that something else was running. */
export function shareOfCore(rates) {
  return median(rates.filter((row) => row.concurrency >= 16).flatMap((row) => row.rounds.flatMap(Object.values))
    .filter((result) => result.cpuMicroseconds !== undefined && !isLimited(result)).map((result) => (result.cpuMicroseconds * result.perSecond) / 1e6));
}

/** Everything measured, for whoever wants more than the tables. */
export function writeResults(path, results) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

function ratioCell({ rounds }, other) {
  const isBound = rounds.some((round) => round[other] && round.gatehouse && (isLimited(round[other]) || isLimited(round.gatehouse)));
  return `${withSpread(ratios(rounds, 'gatehouse', other, 'perSecond'))}${isBound ? ' *' : ''}`;
}

function isLimited({ generatorBusy }) {
  return generatorBusy > GENERATOR_BUSY;
}
