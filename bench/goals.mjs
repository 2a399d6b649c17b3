/** What Gatehouse sets out to reach, and what a run says about it. */
import { median, ratios, valuesOf, written } from './numbers.mjs';

const onMcp = ['call-2025-11-25', 'call-2025-06-18', 'call-2025-03-26', 'call-2026-07-28'];
const lists = ['list-2025-11-25', 'list-2026-07-28'];
const progress = ['progress-2025-11-25', 'progress-2026-07-28'];
const big = ['big-2025-11-25', 'big-2026-07-28'];

/** A goal names its rows, and what of them has to be at least or at most how much; the worst row counts. `at` is the concurrency, 16 where it is absent. */
const goals = [
  { what: 'tools/call on /mcp, 16 at once, each revision', rows: onMcp, against: 'sdk2', least: 6 },
  { what: 'tools/call on /mcp, 16 at once, each revision', rows: onMcp, against: 'bare', least: 0.5 },
  { what: 'tools/call on HTTP+SSE, one at once', rows: ['call-sse'], at: 1, against: 'sdk1', least: 1 },
  { what: 'tools/list of 50, 16 at once', rows: lists, against: 'nest', least: 10 },
  { what: 'tools/list of 50, 16 at once', rows: lists, against: 'bare', least: 0.6 },
  { what: 'session set-up and end, 16 at once', rows: ['session'], against: 'sdk2', least: 6 },
  { what: '1,000 progress notifications in a call', rows: progress, at: 1, against: 'sdk2', least: 6 },
  { what: 'one notification to 1,000 open streams', rows: ['fan-out'], at: 1, against: 'sdk2', least: 8 },
  { what: '1 MB echo', rows: big, at: 1, against: 'bare', least: 0.9 },
  { what: 'memory of an idle session', rows: ['idle-session'], most: 2, unit: 'kB' },
  { what: 'memory of an idle /mcp stream', rows: ['idle-stream-mcp'], against: 'bare', most: 1.5 },
  { what: 'memory of an idle /sse stream', rows: ['idle-stream-sse'], most: 40, unit: 'kB' },
  { what: 'process start to first answered call', rows: ['cold-start'], against: 'sdk2', most: 2 },
  { what: 'process start to first answered call', rows: ['cold-start'], most: 1500, unit: 'ms' },
  { what: 'event-loop delay p99, 64 calls at once', rows: ['loop-delay'], most: 20, unit: 'ms' },
];

/** Whether something is judged by this row, a goal or what sign-in costs: such rows are measured longer. */
export function isJudged({ id, concurrency }) {
  return id === 'call-signed-in' || goals.some((goal) => goal.rows.includes(id) && concurrency === (goal.at ?? 16));
}

const names = { bare: 'bare node:http', sdk2: 'the official SDK 2', sdk1: 'the official SDK 1', nest: 'MCP-Nest' };

/**
 * Every goal that the rows of a run can judge: its words, the number reached, by clock and by CPU time, what bare
 * `node:http` reaches, and whether it holds: `yes`, `manual` where it holds only against SDK 2 as its manual runs it, or `no`.
 */
export function judged(rates, costs) {
  return goals.flatMap((goal) => {
    const rows = [...rates, ...costs].filter(({ id, concurrency }) => goal.rows.includes(id) && (concurrency === undefined || id === 'loop-delay' || concurrency === (goal.at ?? 16)));
    const against = reachedAgainst(rows, goal, goal.against);
    if (against === undefined) return [];
    const fastest = goal.against === 'sdk2' ? reachedAgainst(rows, goal, 'sdk2fast') : undefined;
    const holds = !isMet(goal, against) ? 'no' : fastest !== undefined && !isMet(goal, fastest) ? 'manual' : 'yes';
    return [{
      what: goal.what, goal: wordsOf(goal), holds,
      reached: goal.against ? `${written(against.value)}×` : `${written(against.value)} ${goal.unit}`,
      byCpu: timesOrNothing(against.cpu), fastest: timesOrNothing(fastest?.value), fastestByCpu: timesOrNothing(fastest?.cpu), bare: against.bare,
    }];
  });
}

/** The worst of the rows, by clock and by CPU time each. */
function reachedAgainst(rows, goal, column) {
  const found = rows.map((row) => reachedIn(row, goal, column)).filter(({ value }) => value !== undefined);
  if (found.length === 0) return undefined;
  const [worst] = found.toSorted((one, other) => (goal.least === undefined ? other.value - one.value : one.value - other.value));
  const byCpu = found.map(({ cpu }) => cpu).filter((cpu) => cpu !== undefined);
  return { ...worst, cpu: byCpu.length === 0 ? undefined : Math.min(...byCpu) };
}

function reachedIn({ rounds }, { unit }, column) {
  const isCost = rounds.some(({ gatehouse }) => gatehouse.value !== undefined);
  if (column === undefined) {
    return { value: median(valuesOf(rounds, 'gatehouse', 'value')), bare: `${written(median(valuesOf(rounds, 'bare', 'value')))} ${unit}` };
  }
  const member = isCost ? 'value' : 'perSecond';
  return {
    value: median(ratios(rounds, 'gatehouse', column, member)), cpu: median(ratios(rounds, column, 'gatehouse', 'cpuMicroseconds')),
    bare: column === 'bare' ? '' : timesOrNothing(median(ratios(rounds, 'bare', column, member))),
  };
}

function isMet({ least, most }, { value }) {
  return least === undefined ? value <= most : value >= least;
}

function timesOrNothing(value) {
  return value === undefined ? '' : `${written(value)}×`;
}

function wordsOf({ against, least, most, unit }) {
  const bound = least === undefined ? `at most ${most.toLocaleString('en')}` : `at least ${least}`;
  return against ? `${bound}× ${names[against]}` : `${bound} ${unit}`;
}
