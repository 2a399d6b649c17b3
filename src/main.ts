/** Starts the process, on a runtime that can. */
import module from 'node:module';
import { join } from 'node:path';

const LEAST_NODE = [22, 13] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  process.stderr.write(`Gatehouse needs Node ${LEAST_NODE.join('.')} or newer; this is ${process.versions.node}. "npm start" brings its own.\n`);
  process.exit(1);
}

// Compiled code is kept between starts beside the packages, where nobody else can write; a read-only tree goes without.
module.enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/gatehouse'));

// Loaded after the check: the rest does not even parse on older runtimes.
const { run } = await import('./run.js');
process.exitCode = await run(process.argv.slice(2));
