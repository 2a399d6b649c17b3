/** What the system says about the CPU time of a process. */
import { readdirSync, readFileSync } from 'node:fs';

/** CPU time of all threads of a process; undefined where the system does not tell. */
export function cpuNanoseconds(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'));
    return threads.reduce((sum, stat) => sum + BigInt(stat.split(' ')[0]), 0n);
  } catch {
    return undefined;
  }
}
