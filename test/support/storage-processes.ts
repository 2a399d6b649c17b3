/** Starts processes on one database, lets them go together, and hears what came of it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '../..');

/** A process that is ready to go. */
export interface StorageProcess {
  child: ChildProcess;
  /** What it has said so far. */
  said: unknown[];
}

/** Starts a process and waits until it is ready. */
export async function startStorageProcess(deed: 'open' | 'consume' | 'write' | 'secret', place: string): Promise<StorageProcess> {
  const script = ['--import', './scripts/typescript.mjs', 'test/support/storage-process.ts', deed, place];
  const child = spawn(process.execPath, script, { cwd: root, stdio: ['pipe', 'pipe', 'inherit'] });
  const said: unknown[] = [];
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  lines.on('line', (line) => said.push(JSON.parse(line)));
  return { child, said };
}

/** Does one deed in several processes at the same moment; what each said last. Throws when one fails. */
export async function allAtOnce(deed: 'open' | 'consume' | 'secret', place: string, count: number): Promise<unknown[]> {
  const processes = await Promise.all(Array.from({ length: count }, () => startStorageProcess(deed, place)));
  const ends = processes.map(({ child }) => once(child, 'close'));
  for (const { child } of processes) child.stdin?.write('go\n');
  for (const [code] of await Promise.all(ends)) if (code !== 0) throw new Error(`a process ended with ${code}`);
  return processes.map(({ said }) => said.at(-1));
}
