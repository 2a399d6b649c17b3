/** The load generator, a process of its own: told what to do over its channel, it answers with what it counted. */
import { cpuNanoseconds } from './cpu.mjs';
import { fanOut, fill, hold } from './streams.mjs';
import { ways } from './ways.mjs';

// Where one answer takes long, the span is stretched until there are enough to count, within reason.
const LONGEST_MS = 4000;
const LOOK_MS = 20;
// So is one in which other work on the machine left the server less than this share of its core.
const LEAST_SHARE = 0.4;
const STRETCH = 3;

/** Keeps every connection busy, first unmeasured, then for the time that counts. */
async function measure({ way, warmMs, measureMs, pid, ...work }) {
  const { rounds, end } = await ways[way](work);
  let isOver = false;
  let count = 0;
  const busy = Promise.all(rounds.map(async (round) => {
    while (!isOver) {
      await round();
      count++;
    }
  }));
  const pause = (ms) => Promise.race([busy, new Promise((resolve) => setTimeout(resolve, ms))]);
  const span = async (ms, least) => {
    const [started, before, cpuBefore] = [performance.now(), count, cpuNanoseconds(pid)];
    const elapsed = () => performance.now() - started;
    const isStarved = () => cpuBefore !== undefined && elapsed() < ms * STRETCH && Number(cpuNanoseconds(pid) - cpuBefore) / 1e6 < ms * LEAST_SHARE;
    await pause(ms);
    while (elapsed() < LONGEST_MS && (count - before < least || isStarved())) await pause(LOOK_MS);
  };
  await span(warmMs, rounds.length);
  const [from, fromCpu, fromCount] = [process.hrtime.bigint(), cpuNanoseconds(pid), count];
  const own = process.cpuUsage();
  await span(measureMs, rounds.length * 2);
  const [to, toCpu, toCount] = [process.hrtime.bigint(), cpuNanoseconds(pid), count];
  const { user, system } = process.cpuUsage(own);
  isOver = true;
  await busy;
  await end();
  const seconds = Number(to - from) / 1e9;
  const answers = toCount - fromCount;
  if (answers === 0) throw new Error(`No answer within ${LONGEST_MS / 1000} s`);
  return {
    answers, seconds, perSecond: answers / seconds, from: Number(from / 1000n), to: Number(to / 1000n),
    cpuMicroseconds: fromCpu === undefined ? undefined : Number(toCpu - fromCpu) / 1000 / answers,
    generatorBusy: (user + system) / 1e6 / seconds,
  };
}

const verbs = { measure, fill, hold, fanOut };

process.on('message', ({ verb, ...order }) => {
  verbs[verb](order).then((result) => process.send({ result }), (error) => process.send({ error: error.message }));
});
process.on('disconnect', () => process.exit(0));
