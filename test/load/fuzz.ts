/** The fuzzer on the command line: `npm run fuzz -- --count 1000000 --seed 7`, or `--only 4711` to send one message again. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Fuzzer } from './fuzz/fuzzer.js';
import { returnsToBaseline } from './fuzz/baseline.js';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '100000' }, seed: { type: 'string' }, only: { type: 'string' }, lines: { type: 'string', default: '32' } },
});
const seed = Number(values.seed ?? randomInt(2 ** 31));
const only = values.only === undefined ? undefined : Number(values.only);
const [from, to] = only === undefined ? [0, Number(values.count)] : [only, only + 1];
const lines = Number(values.lines);
// What grows only once has grown by then: compiled code, caches, pools.
const warmUp = only === undefined ? Math.min(Math.floor(to / 10), 20_000) : 0;

const server = await Fuzzer.server();
const fuzzer = new Fuzzer(server);
console.log(`seed ${seed}, messages ${from} to ${to}, ${lines} lines`);
const started = performance.now();
const onProgress = (done: number, statuses: ReadonlyMap<string, number>): void => {
  if (done % 20_000 !== 0 && done !== to) return;
  const seconds = (performance.now() - started) / 1000;
  console.log(`${done} sent, ${Math.round((done - from) / seconds)}/s, findings ${fuzzer.findings.length}, ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(', ')}`);
};
try {
  await fuzzer.run({ seed, from, to: from + warmUp, lines, onProgress });
  const baseline = await returnsToBaseline(server);
  await fuzzer.run({ seed, from: from + warmUp, to, lines, onProgress });
  const after = await returnsToBaseline(server, baseline);
  for (const { index, faults, sent, answered } of fuzzer.findings.slice(0, 20)) console.log(`\nmessage ${index}: ${faults.join('; ')}\n  sent ${JSON.stringify(sent)}\n  answered ${JSON.stringify(answered)}`);
  const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  console.log(`\nheld ${mib(baseline.heldBytes)} before and ${mib(after.heldBytes)} after; resident ${mib(baseline.residentBytes)} and ${mib(after.residentBytes)}; descriptors ${baseline.descriptors} and ${after.descriptors}`);
  console.log(`${to - from} messages, ${fuzzer.findings.length} findings, seed ${seed}`);
  if (fuzzer.findings.length > 0) process.exitCode = 1;
} finally {
  await server.stop();
}
