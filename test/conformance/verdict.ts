/** Judges a run by the checks it left behind, not by its exit code alone: an exit code hides single warnings and gaps. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Run } from './suites.js';

const RESULT = /^server-(?<scenario>.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/;

// Some reasons quote a whole message.
const LINE_LENGTH = 400;

const Checks = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    description: z.string(),
    errorMessage: z.string().optional(),
  }),
);
type Check = z.infer<typeof Checks>[number];

export interface Verdict {
  passed: boolean;
  /** Scenarios that decide, and how many of them hold. */
  scenarios: { decided: number; held: number };
  checks: Record<Check['status'], number>;
  faults: string[];
  warnings: string[];
}

export function judge(run: Run): Verdict {
  const results = resultsIn(run.directory);
  const deciding = run.suite.scored ?? [...results.keys()].filter((name) => decides(name, results, run));
  const verdict: Verdict = {
    passed: false,
    scenarios: { decided: deciding.length, held: 0 },
    checks: { SUCCESS: 0, FAILURE: 0, WARNING: 0, SKIPPED: 0, INFO: 0 },
    faults: run.exitCode === 0 ? [] : [`the suite ended with ${run.exitCode ?? 'a timeout'}`],
    warnings: [],
  };
  for (const scenario of deciding) {
    const checks = results.get(scenario) ?? [];
    for (const check of checks) count(scenario, check, verdict);
    if (!checks.some(({ status }) => status === 'SUCCESS')) verdict.faults.push(`${scenario}: no check was passed`);
    else if (!checks.some(({ status }) => status === 'FAILURE')) verdict.scenarios.held++;
  }
  verdict.passed = verdict.faults.length === 0 && deciding.length > 0;
  return verdict;
}

/** Where no list says what decides: all that ran, but neither what is excused nor what skipped itself altogether. */
function decides(scenario: string, results: Map<string, Check[]>, { suite }: Run): boolean {
  if (suite.excused?.includes(scenario)) return false;
  const checks = results.get(scenario) ?? [];
  return checks.length === 0 || checks.some(({ status }) => status !== 'SKIPPED' && status !== 'INFO');
}

function count(scenario: string, check: Check, verdict: Verdict): void {
  verdict.checks[check.status]++;
  const line = `${scenario} / ${check.id}: ${check.errorMessage ?? check.description}`.slice(0, LINE_LENGTH);
  if (check.status === 'FAILURE') verdict.faults.push(line);
  if (check.status === 'WARNING') verdict.warnings.push(line);
}

/** A scenario that crashed leaves its folder empty: it appears here without checks. */
function resultsIn(directory: string): Map<string, Check[]> {
  const results = new Map<string, Check[]>();
  for (const folder of readdirSync(directory)) {
    const scenario = RESULT.exec(folder)?.groups?.['scenario'];
    if (!scenario) continue;
    const file = join(directory, folder, 'checks.json');
    results.set(scenario, existsSync(file) ? Checks.parse(JSON.parse(readFileSync(file, 'utf8'))) : []);
  }
  return results;
}
