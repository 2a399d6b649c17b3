/** `npm run bench`: ratios against bare `node:http`, the official SDKs and other servers. It asserts no time: those belong to machines. */
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cases, costs } from './cases.mjs';
import { measureCosts } from './costs.mjs';
import { writeDocument } from './document.mjs';
import { judged } from './goals.mjs';
import { install, versions } from './install.mjs';
import { measureCases } from './measure.mjs';
import { profile } from './profile.mjs';
import { Progress } from './progress.mjs';
import { goalTable, ratioTable, shareOfCore, writeResults } from './report.mjs';
import { cores } from './servers.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const results = join(here, 'results');

const HELP = `Usage: npm run bench -- [--quick] [--rounds <n>] [--only <text>] [--write] [--profile <case>]

Measures Gatehouse, bare node:http, both official SDKs, MCP-Nest, fastmcp and mcp-framework in turns, and prints how
many times as much Gatehouse does. A whole run takes about twelve minutes; the machine should have nothing else to do.

  --quick           a first impression in about three minutes
  --rounds <n>      more rounds, where the machine has other work to do
  --only <text>     only the cases whose name holds the text
  --write           write docs/benchmarks.md; only of a whole run
  --profile <case>  where Gatehouse spends its time in one case
  --help            this text

A wrong answer of any server ends the run. Everything measured is left in bench/results/latest.json.

Cases: ${[...cases, ...costs].map(({ id }) => id).join(', ')}
`;

const full = { rounds: 3, coldWarmMs: 3000, firstWarmMs: 250, warmMs: 100, measureMs: 300, sessions: 5000, streams: 5000, starts: 3, delayWarmMs: 1000, delayMs: 1000 };
const quick = { rounds: 2, coldWarmMs: 600, firstWarmMs: 150, warmMs: 50, measureMs: 180, sessions: 1000, streams: 1000, starts: 1, delayWarmMs: 700, delayMs: 700 };

const values = readOptions();
process.exitCode = await run().catch((error) => fail(`\n${error.message}`));

function readOptions() {
  try {
    return parseArgs({
      options: {
        'help': { type: 'boolean' }, 'quick': { type: 'boolean' }, 'rounds': { type: 'string' },
        'only': { type: 'string' }, 'write': { type: 'boolean' }, 'profile': { type: 'string' },
      },
    }).values;
  } catch (error) {
    return { mistake: error.message };
  }
}

async function run() {
  if (values.mistake) return fail(`${values.mistake}\n\n${HELP}`);
  if (values.help) return print(HELP);
  if (values.write && (values.quick || values.only !== undefined)) return fail('--write needs a whole run: leave --quick and --only out.');
  if (!existsSync(join(here, '../dist/main.js'))) return fail('There is no dist/main.js: run npm run build first.');
  if (!install()) return fail('The servers to compare with could not be installed.');
  return values.profile === undefined ? compare() : profileOne(values.profile);
}

async function compare() {
  const durations = values.quick ? quick : full;
  const plan = { ...durations, rounds: Math.max(1, Number(values.rounds ?? durations.rounds) || durations.rounds) };
  const { wanted, wantedCosts } = chosen();
  if (wanted.length + wantedCosts.length === 0) return fail(`No case has ${values.only} in its name.\n\n${HELP}`);
  const machine = {
    date: new Date().toISOString(), node: process.version, processor: cpus()[0]?.model.trim(), cores: availableParallelism(),
    gigabytes: Math.round(totalmem() / 1024 ** 3), system: process.platform, pinned: cores !== undefined,
  };
  print(`Node ${machine.node}, ${machine.cores} cores of ${machine.processor}, server and generator ${cores ? 'on cores of their own' : 'wherever the system puts them'}\n`);

  const progress = new Progress();
  const started = performance.now();
  const speed = measureCases(wanted, plan, progress);
  const prices = measureCosts(wantedCosts, plan, progress);
  await speed.run();
  await prices.run();
  progress.tell('');
  const seconds = Math.round((performance.now() - started) / 1000);
  const run = { machine, versions: versions(), plan, seconds, share: shareOfCore(speed.rows), rates: speed.rows, costs: prices.rows };
  writeResults(join(results, 'latest.json'), run);
  show(run);
  if (values.write) print(`Written: ${writeDocument(run)}\n`);
  return 0;
}

function chosen() {
  const isWanted = ({ id }) => values.only === undefined || id.includes(values.only);
  const wanted = cases.filter(isWanted).flatMap(({ quick: short, ...about }) => {
    if (!values.quick) return [about];
    return short ? [{ ...about, concurrency: [short] }] : [];
  });
  return { wanted, wantedCosts: costs.filter(isWanted) };
}

function show({ rates, costs: prices, share, plan, seconds }) {
  const goals = judged(rates, prices);
  print(`\n${ratioTable(rates, prices)}\n\n${goals.length === 0 ? '' : `${goalTable(goals)}\n\n`}`
    + `Medians of ${plan.rounds} interleaved rounds, with their spread; how many times as many answers per second, unless it says that less is better.\n`
    + '* The load generator was at its limit: the servers would differ more.\n'
    + (share === undefined ? '' : `Loaded servers got ${Math.round(share * 100)} % of their core${share < 0.9 ? ': something else was running, so take more rounds' : ''}.\n`)
    + `Done in ${seconds} s; everything measured: bench/results/latest.json\n`);
}

async function profileOne(id) {
  const wanted = [...cases, ...costs.filter(({ id: cost }) => cost === 'cold-start')].find((candidate) => candidate.id === id);
  if (!wanted) return fail(`There is no case ${id} to profile.\n\n${HELP}`);
  const progress = new Progress();
  const text = await profile(wanted, join(results, 'profile', id), (about) => progress.tell(about));
  progress.tell('');
  return print(`\n${text}\n`);
}

function print(text) {
  process.stdout.write(text);
  return 0;
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  return 1;
}
