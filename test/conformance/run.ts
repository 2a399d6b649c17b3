/** Holds the fixture server against the official conformance suite: every run, one table, one exit code. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFixtureServer } from './fixture-server.js';
import { run, suites, titleOf, type Run } from './suites.js';
import { judge, type Verdict } from './verdict.js';

const directory = mkdtempSync(join(tmpdir(), 'conformance-'));

// By default a signal ends the process without its `exit` event, which ends the server.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

async function runAll(): Promise<Run[]> {
  const server = await startFixtureServer(directory);
  try {
    const runs: Run[] = [];
    for (const suite of suites) runs.push(await run(suite, server.url, directory));
    return runs;
  } finally {
    await server.stop();
  }
}

function rowOf({ suite, seconds }: Run, { scenarios, checks, passed }: Verdict) {
  return {
    scenarios: `${scenarios.held}/${scenarios.decided}`,
    passed: checks.SUCCESS,
    failed: checks.FAILURE,
    warnings: checks.WARNING,
    skipped: checks.SKIPPED,
    'expected failures': suite.excused?.length ?? 0,
    seconds: Number(seconds.toFixed(1)),
    verdict: passed ? 'ok' : 'FAILED',
  };
}

try {
  const judged = (await runAll()).map((each) => ({ each, verdict: judge(each) }));
  console.table(Object.fromEntries(judged.map(({ each, verdict }) => [titleOf(each.suite), rowOf(each, verdict)])));
  for (const { each, verdict } of judged) {
    for (const line of verdict.warnings) console.log(`warning  ${titleOf(each.suite)}: ${line}`);
    for (const line of verdict.faults) console.log(`FAILURE  ${titleOf(each.suite)}: ${line}`);
  }
  process.exitCode = judged.every(({ verdict }) => verdict.passed) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
console.log(`Checks, reports and the server's log: ${directory}`);
