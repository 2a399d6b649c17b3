/** Runs Gatehouse under V8's profiler for one case and says which functions the time went to. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { coldStart } from './costs.mjs';
import { root, startGenerator, startServer } from './servers.mjs';

const TOP = 25;
const TOP_ORIGINS = 20;
const WARM_MS = 2000;
const MEASURE_MS = 5000;
const SAMPLE_MICROSECONDS = 200;

/** The report as text; the profile itself stays in the directory, for a tool that draws it. */
export async function profile(wanted, directory, tell) {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const flags = ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--cpu-prof-interval=${SAMPLE_MICROSECONDS}`];
  tell(`profiling ${wanted.title}`);
  const { head, ...result } = wanted.work ? await underLoad(wanted, flags) : await atStart(wanted, flags);
  const [file] = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('The server left no profile');
  const path = join(directory, file);
  return `${head}\n\n${describe(selfTimes(JSON.parse(readFileSync(path, 'utf8')), result), result.answers)}\n\n${path}`;
}

async function underLoad({ title, work, servers, concurrency }, flags) {
  const count = concurrency.includes(16) ? 16 : concurrency[0];
  const generator = startGenerator();
  const server = await startServer(servers.gatehouse, { flags });
  try {
    const order = { verb: 'measure', ...work, concurrency: count, port: server.port, pid: server.pid, warmMs: WARM_MS, measureMs: MEASURE_MS };
    const result = await generator.order(order);
    return { ...result, head: `${title}, ${count} at once, under the profiler: ${Math.round(result.perSecond)} a second` };
  } finally {
    await Promise.all([generator.stop(), server.stop()]);
  }
}

async function atStart({ title, servers }, flags) {
  const { value } = await coldStart(servers.gatehouse, flags);
  return { answers: 1, from: -Infinity, to: Infinity, head: `${title}, under the profiler, with its end: ${Math.round(value)} ms` };
}

/** Microseconds by function, within the measured time only; both clocks are the system's monotonic one. */
function selfTimes({ nodes, samples, timeDeltas, startTime }, { from, to }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map();
  let at = startTime;
  for (const [index, id] of samples.entries()) {
    at += timeDeltas[index];
    if (at < from || at > to) continue;
    const place = placeOf(frames.get(id));
    times.set(place, (times.get(place) ?? 0) + timeDeltas[index]);
  }
  return times;
}

function describe(times, answers) {
  times.delete('(idle)');
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const line = ([place, time]) => `${((time / total) * 100).toFixed(1).padStart(5)} %  ${(time / answers).toFixed(2).padStart(7)} µs  ${place}`;
  const families = new Map();
  for (const [place, time] of times) families.set(familyOf(place), (families.get(familyOf(place)) ?? 0) + time);
  const sorted = (map) => [...map].toSorted(([, one], [, other]) => other - one);
  return `Self time by origin, and per answer\n${sorted(families).slice(0, TOP_ORIGINS).map(line).join('\n')}\n\n`
    + `The ${TOP} functions with most of it\n${sorted(times).slice(0, TOP).map(line).join('\n')}`;
}

function placeOf({ functionName, url, lineNumber, columnNumber }) {
  if (url === '') return functionName || '(anonymous)';
  const name = functionName || '(anonymous)';
  if (!url.startsWith('file:')) return `${name}  ${url}:${lineNumber + 1}`;
  // From the last node_modules on, wherever the packages really lie.
  const path = relative(root, fileURLToPath(url)).replace(/^.*(?=node_modules\/)/, '');
  const source = path.startsWith('dist/') ? mapOf(url).findEntry(lineNumber, columnNumber) : {};
  if (source.originalSource === undefined) return `${name}  ${path}:${lineNumber + 1}`;
  return `${name}  ${source.originalSource.replace(/^(?:\.\.\/)+/, '')}:${source.originalLine + 1}`;
}

const maps = new Map();

function mapOf(url) {
  let map = maps.get(url);
  if (!map) {
    map = new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')));
    maps.set(url, map);
  }
  return map;
}

function familyOf(place) {
  const [name, path] = place.split('  ');
  if (path === undefined) return name.startsWith('(') ? name : /^write(?:v|[A-Z])/.test(name) ? 'writing to sockets' : 'built-in functions';
  const packageName = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  if (packageName) return packageName;
  if (path.startsWith('src/')) return /^src\/[^/]+/.exec(path)[0];
  return path.startsWith('node:') ? path.replace(/:\d+$/, '') : 'bench';
}
