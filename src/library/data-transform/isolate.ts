/**
 * Runs a transformation in a process of its own. A hostile pattern or a huge document then holds up nobody else, and
 * cancelling is certain. A thread would not do: one that meets its heap limit inside native code aborts the whole
 * process, not only itself.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { limits } from './limits.js';
import type { Report } from './progress-track.js';
import { DataFault } from './rejections.js';
import type { TransformRequest, TransformResult } from './request.js';

/** What the child tells: progress, and then one of the outcomes. */
export type ChildMessage =
  | { kind: 'progress'; percent: number; stage: string }
  | { kind: 'done'; result: TransformResult }
  | { kind: 'refused'; message: string }
  | { kind: 'failed'; detail: string };

/** Carries out the request; rejects with the signal's reason as soon as it fires. */
export async function runIsolated(request: TransformRequest, report: Report, signal: AbortSignal): Promise<TransformResult> {
  signal.throwIfAborted();
  const child = fork(entry(), {
    // Nothing of this process's settings, least of all its secrets, is any business of the child.
    env: {}, execArgv: [`--max-old-space-size=${limits.heapMegabytes}`],
    serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const kill = (): void => { child.kill('SIGKILL'); };
  process.once('exit', kill);
  try {
    return await outcome(child, request, report, signal);
  } finally {
    process.off('exit', kill);
    await end(child);
  }
}

function outcome(child: ChildProcess, request: TransformRequest, report: Report, signal: AbortSignal): Promise<TransformResult> {
  const { promise, resolve, reject } = Promise.withResolvers<TransformResult>();
  let stage = 'starting';
  const cancel = (): void => reject(signal.reason);
  const watch = setTimeout(() => reject(new DataFault(`no progress for ${limits.silentMs / 1000} s (after ${stage})`)), limits.silentMs);
  signal.addEventListener('abort', cancel, { once: true });
  child.on('message', (message: ChildMessage) => {
    watch.refresh();
    switch (message.kind) {
      case 'done': return resolve(message.result);
      case 'refused': return reject(new DataFault(message.message));
      case 'failed': return reject(new Error('the transformation failed', { cause: message.detail }));
      case 'progress':
        stage = message.stage;
        if (!signal.aborted) report(message.percent, stage);
    }
  });
  child.on('error', reject);
  child.on('exit', (code, killer) => reject(diedOfMemory(code, killer)
    ? new DataFault(`the transformation needs more than ${limits.heapMegabytes} MB of memory (after ${stage})`)
    : new Error('the child ended without an answer', { cause: { code, killer } })));
  // A failed write shows as an early exit, too.
  child.send(request, () => undefined);
  return promise.finally(() => {
    clearTimeout(watch);
    signal.removeEventListener('abort', cancel);
  });
}

/** Waits until the child is gone, so that its place is not given away while it still holds memory. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** V8 aborts at its heap limit; the system kills when its own memory runs out. */
function diedOfMemory(code: number | null, killer: NodeJS.Signals | null): boolean {
  return killer === 'SIGABRT' || killer === 'SIGKILL' || killer === 'SIGTRAP' || code === 134;
}

function entry(): URL {
  const url = new URL('./isolate-child.js', import.meta.url);
  if (import.meta.url.endsWith('.ts')) url.pathname = url.pathname.replace(/\.js$/, '.ts');
  return url;
}
