/** The runs that make the gate: which edition of the official suite, with which selection, judged by which scenarios. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const RUN_MS = 180_000;
const require = createRequire(import.meta.url);
const expectedFailures = join(process.cwd(), 'test/conformance/expected-failures.yml');

const Manifest = z.object({ version: z.string(), bin: z.object({ conformance: z.string() }) });
const Scenarios = z.object({ server: z.array(z.string()) });

export interface Suite {
  name: string;
  /** As installed here; the older edition goes under an alias. */
  edition: '@modelcontextprotocol/conformance' | 'conformance-0-1';
  selection: string[];
  /** The scenarios that decide, by name; absent: all that ran. */
  scored?: string[];
  /** Scenarios that are known to fail and do not decide. */
  excused?: string[];
}

export interface Run {
  suite: Suite;
  directory: string;
  /** Null when the suite was cut for taking too long. */
  exitCode: number | null;
  seconds: number;
}

export const suites: Suite[] = [
  required('2025-11-25'),
  required('2026-07-28'),
  {
    name: 'all scenarios',
    edition: '@modelcontextprotocol/conformance',
    selection: ['--suite', 'all', '--expected-failures', expectedFailures],
    excused: scenariosIn(expectedFailures),
  },
  { name: 'all scenarios', edition: 'conformance-0-1', selection: ['--suite', 'all'] },
];

/** Runs one suite against the server; its checks and its own report end up below `parent`. */
export async function run(suite: Suite, url: string, parent: string): Promise<Run> {
  const { program } = packageOf(suite.edition);
  const directory = join(parent, titleOf(suite).replaceAll(/[^\w.-]+/g, '-'));
  mkdirSync(directory);
  const log = openSync(join(directory, 'report.log'), 'w');
  const started = performance.now();
  const child = spawn(process.execPath, [program, 'server', '--url', url, ...suite.selection, '-o', directory], {
    stdio: ['ignore', log, log],
    timeout: RUN_MS,
    killSignal: 'SIGKILL',
  });
  await once(child, 'exit');
  closeSync(log);
  return { suite, directory, exitCode: child.exitCode, seconds: (performance.now() - started) / 1000 };
}

/** The suite's name with the version that is really installed. */
export function titleOf({ edition, name }: Suite): string {
  return `${packageOf(edition).version} ${name}`;
}

function required(revision: string): Suite {
  const edition = '@modelcontextprotocol/conformance';
  const requirements = join(packageOf(edition).root, 'requirements', `${revision}.yaml`);
  return {
    name: `required by ${revision}`,
    edition,
    selection: ['--requirements', revision],
    scored: scenariosIn(requirements),
  };
}

function scenariosIn(file: string): string[] {
  return Scenarios.parse(parse(readFileSync(file, 'utf8'))).server;
}

function packageOf(edition: Suite['edition']): { root: string; version: string; program: string } {
  const manifest = require.resolve(`${edition}/package.json`);
  const root = dirname(manifest);
  const { version, bin } = Manifest.parse(JSON.parse(readFileSync(manifest, 'utf8')));
  return { root, version, program: join(root, bin.conformance) };
}
