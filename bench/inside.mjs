/** Preloaded into a server that is looked at from inside: its memory, and how late its event loop is. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

// As often as the clock allows: a longer interval would miss delays shorter than itself.
const RESOLUTION_MS = 1;

let delays;

const verbs = {
  memory() {
    touchYoungSpace();
    globalThis.gc();
    globalThis.gc();
    // Freed pages return to the system a moment later.
    setTimeout(() => process.send(process.memoryUsage()), 300);
  },

  watchDelay() {
    delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    delays.enable();
    process.send({});
  },

  delay() {
    delays.disable();
    // The histogram counts from one tick of its clock to the next, so a loop that is never late shows the interval.
    const milliseconds = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    process.send({ median: milliseconds(delays.percentile(50)), p99: milliseconds(delays.percentile(99)), max: milliseconds(delays.max), count: delays.count });
  },
};

// Pages that garbage has not reached yet would otherwise count for whoever makes it first.
function touchYoungSpace() {
  let last;
  for (let made = 0; made < 3_000_000; made++) last = { made, last: undefined };
  return last;
}

process.on('message', (verb) => verbs[verb]?.());
process.channel?.unref();
