import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { ToolContext } from '../../tools/context.js';
import { ToolError } from '../../tools/tool-error.js';
import { DataTransform } from './data-transform.js';
import { transformInput, transformOutput } from './request.js';
import type { TransformResult } from './request.js';

type Given = z.input<typeof transformInput>;

const ROWS = 100_000;
const countries = ['DE', 'FR', 'JP', 'BR', 'ZA', 'IN', 'US'];
const orders = Array.from({ length: ROWS }, (_, at) => ({
  id: String(at + 1).padStart(8, '0'), country: countries[at % countries.length] ?? '', cents: (at * 7919) % 100_003,
  day: `2026-01-${String(1 + at % 28).padStart(2, '0')}`, note: at % 10 === 0 ? 'said "yes", twice' : 'plain',
}));
const sheet = ['id,country,amount,day,note', ...orders.map(({ id, country, cents, day, note }) =>
  `${id},${country},${(cents / 100).toFixed(2)},${day},"${note.replaceAll('"', '""')}"`)].join('\n');

const report: Given = {
  data: sheet, inputFormat: 'csv', outputFormat: 'ndjson',
  stages: [
    { op: 'filter', expression: 'amount >= 100 and country != "US"' },
    { op: 'map', expression: '{ "country": country, "week": $floor(($number($substring(day, 8)) - 1) / 7), "amount": amount }' },
    { op: 'aggregate', by: ['country', 'week'], values: [{ fn: 'count' }, { fn: 'sum', column: 'amount' }, { fn: 'max', column: 'amount' }] },
    { op: 'sort', by: [{ column: 'country' }, { column: 'week', descending: true }] },
  ],
};

/** The same report, written down once more without the pipeline; cents are integers, so that sums are exact. */
function expected(): unknown[] {
  const groups = new Map<string, { country: string; week: number; count: number; sum: number; max: number }>();
  for (const { country, cents, day } of orders) {
    if (cents < 10_000 || country === 'US') continue;
    const week = Math.floor((Number(day.slice(8)) - 1) / 7);
    const group = groups.get(`${country}${week}`) ?? { country, week, count: 0, sum: 0, max: 0 };
    groups.set(`${country}${week}`, { ...group, count: group.count + 1, sum: group.sum + cents, max: Math.max(group.max, cents) });
  }
  return [...groups.values()].toSorted((one, other) => one.country.localeCompare(other.country) || other.week - one.week)
    .map(({ country, week, count, sum, max }) => ({ country, week, count, sum_amount: sum / 100, max_amount: max / 100 }));
}

async function call(
  given: Given, { signal = new AbortController().signal, progress = () => undefined }: Partial<Pick<ToolContext, 'signal' | 'progress'>> = {},
): Promise<TransformResult> {
  const context: ToolContext = Object.assign(Object.create(null), { signal, progress });
  return transformOutput.parse(await new DataTransform().transform(transformInput.parse(given), context));
}

describe('a CSV of 100,000 rows goes through the pipeline (R14, R16)', () => {
  it('gives what an independent computation gives, while progress only grows and the event loop stays free', async () => {
    const told: { value: number; total?: number; message?: string }[] = [];
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const { transformed, records, read, rejected } = await call(report, {
      progress: (value, total, message) => { told.push({ value, ...(total && { total }), ...(message && { message }) }); },
    });
    delay.disable();
    const rows = transformed.trim().split('\n').map((line): unknown => JSON.parse(line));
    expect(rows).toEqual(expected());
    expect({ records, read, rejected: rejected.count }).toEqual({ records: expected().length, read: ROWS, rejected: 0 });
    const values = told.map(({ value }) => value);
    expect(values).toEqual([...new Set(values)].toSorted((one, other) => one - other));
    expect(told).toContainEqual({ value: 25, total: 100, message: 'loading' });
    expect(told.at(-1)).toEqual({ value: 100, total: 100, message: 'writing' });
    expect(told.length).toBeGreaterThan(50);
    // The bound promised is 50 ms; the rest is room for a machine busy with other suites.
    expect(delay.max / 1e6).toBeLessThan(250);
  }, 60_000);

  it('stops promptly when the caller cancels, and reports nothing afterwards', async () => {
    const cancel = new AbortController();
    const told: number[] = [];
    let cancelledAt = 0;
    const progress = (value: number): void => {
      told.push(value);
      if (value < 40 || cancelledAt > 0) return;
      cancelledAt = performance.now();
      cancel.abort(new Error('the caller changed its mind'));
    };
    await expect(call(report, { signal: cancel.signal, progress })).rejects.toThrow('the caller changed its mind');
    const late = performance.now() - cancelledAt;
    const known = told.length;
    await sleep(100);
    expect(late).toBeLessThan(500);
    expect(told).toHaveLength(known);
    expect(Math.max(...told)).toBeLessThan(100);
  }, 60_000);
});

describe('a process of its own keeps a hostile request from everyone else', () => {
  it('can be cancelled even inside a pattern that backtracks for years', async () => {
    const data = JSON.stringify([{ a: `${'a'.repeat(60)}!` }]);
    const attack = call({ data, stages: [{ op: 'filter', expression: '$contains(a, /^(a+)+$/)' }] }, { signal: AbortSignal.timeout(300) });
    let ticks = 0;
    const ticking = setInterval(() => { ticks += 1; }, 10);
    await expect(attack).rejects.toThrow(/timeout/);
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(10);
  }, 20_000);

  it('ends alone when a request asks for more memory than there is', async () => {
    const data = JSON.stringify(Array.from({ length: 20_000 }, (_, at) => ({ at })));
    await expect(call({ data, stages: [{ op: 'map', expression: '{ "x": [1..5000] }' }] })).rejects.toThrow(/needs more than 256 MB of memory/);
  }, 20_000);

  it('refuses with the row and stage in the message', async () => {
    const attempt = call({ data: 'a,b\n1,2\n3\n', inputFormat: 'csv' });
    await expect(attempt).rejects.toThrow(ToolError);
    await expect(attempt).rejects.toThrow('row 2: 1 cells where the heading has 2 (loading)');
  });

  it('does not begin where the caller has already left', async () => {
    await expect(call({ data: '[]' }, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone');
  });
});
