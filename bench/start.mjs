/** `npm run bench`: ratios against bare `node:http` and the official SDKs. It asserts nothing: times belong to machines. */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cases, costs } from './cases.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, 'results');

const HELP = `Usage: npm run bench -- [--quick] [--rounds <n>] [--only <text>] [--profile <case>]

  --quick           a first impression in about half a minute
  --rounds <n>      more rounds, where the machine has other work to do
  --only <text>     only the cases whose name holds the text
  --profile <case>  where Gatehouse spends its time in one case

Cases: ${[...cases, ...costs].map(({ id }) => id).join(', ')}
`;

// Long ago, so that the first line is told at once.
let lastTold = -Infinity;

const full = { rounds: 3, coldWarmMs: 3000, firstWarmMs: 600, warmMs: 300, measureMs: 400, sessions: 5000, starts: 3 };
const quick = { rounds: 2, coldWarmMs: 1000, firstWarmMs: 200, warmMs: 50, measureMs: 180, sessions: 1000, starts: 1 };

const { values } = parseArgs({
  options: {
    'help': { type: 'boolean' }, 'quick': { type: 'boolean' }, 'rounds': { type: 'string' },
    'only': { type: 'string' }, 'profile': { type: 'string' },
  },
});

if (values.help) process.stdout.write(HELP);
else process.exitCode = await run().catch((error) => fail(`\n${error.message}`));

async function run() {
  if (!existsSync(join(here, '../dist/main.js'))) return fail('There is no dist/main.js: run npm run build first.');
  if (!install()) return fail('The servers to compare with could not be installed.');
  return values.profile === undefined ? compare() : profileOne(values.profile);
}

async function compare() {
  // Only now: what these load may have been installed a moment ago.
  const { measureCases, measureCosts } = await import('./measure.mjs');
  const { shareOfCore, table, writeResults } = await import('./report.mjs');
  const { cores } = await import('./servers.mjs');
  const durations = values.quick ? quick : full;
  const plan = { ...durations, rounds: Math.max(1, Number(values.rounds ?? durations.rounds) || durations.rounds) };
  const isWanted = ({ id }) => values.only === undefined || id.includes(values.only);
  const wanted = cases.filter(isWanted).flatMap(({ quick: short, ...about }) => {
    if (!values.quick) return [about];
    return short ? [{ ...about, concurrency: short }] : [];
  });
  const started = performance.now();
  const machine = { date: new Date().toISOString(), node: process.version, processor: cpus()[0]?.model, cores: availableParallelism(), pinned: cores !== undefined };
  process.stdout.write(`Node ${machine.node}, ${machine.cores} cores of ${machine.processor}, server and generator ${cores ? 'on cores of their own' : 'wherever the system puts them'}\n`);

  const rates = await measureCases(wanted, plan, tell);
  const prices = await measureCosts(costs.filter(isWanted), plan, tell);
  tell('');
  const share = shareOfCore(rates);
  process.stdout.write(`\n${table(rates, prices)}\n\n`
    + `Medians of ${plan.rounds} interleaved rounds, with their spread; answers per second unless it says that less is better.\n`
    + (share === undefined ? '' : `Loaded servers got ${Math.round(share * 100)} % of their core${share < 0.9 ? ': something else was running, so take more rounds' : ''}.\n`)
    + `Done in ${Math.round((performance.now() - started) / 1000)} s; everything measured: bench/results/latest.json\n`);
  writeResults(join(results, 'latest.json'), { machine, plan, share, rates, costs: prices });
  return 0;
}

async function profileOne(id) {
  const chosen = cases.find((candidate) => candidate.id === id);
  if (!chosen) return fail(`There is no case ${id} to profile. ${HELP}`);
  const { profile } = await import('./profile.mjs');
  const text = await profile(chosen, join(results, 'profile', id), tell);
  tell('');
  process.stdout.write(`\n${text}\n`);
  return 0;
}

/** Fetches the exact versions of the lockfile, where they are not here yet. */
function install() {
  const lock = join(here, 'package-lock.json');
  const installed = join(here, 'node_modules/.package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return true;
  process.stdout.write('Installing the servers to compare with, once …\n');
  const npm = process.env.npm_execpath;
  const args = ['ci', '--prefix', here, '--no-audit', '--no-fund'];
  const options = { cwd: here, stdio: 'inherit' };
  const { status } = npm ? spawnSync(process.execPath, [npm, ...args], options) : spawnSync('npm', args, options);
  return status === 0;
}

/** One line that renews itself; where nobody watches, a line now and then. */
function tell(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text !== '' && performance.now() - lastTold > 10_000) {
    lastTold = performance.now();
    process.stderr.write(`${text}\n`);
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  return 1;
}
