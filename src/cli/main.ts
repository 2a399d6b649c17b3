#!/usr/bin/env node
/** The command line of the operator, on a runtime that can. */

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(`Gatehouse needs Node 22.13 or newer; this is ${process.versions.node}. "npx gatehouse" brings its own.\n`);
  process.exit(1);
}

// Loaded after the check: the rest does not even parse on older runtimes.
const { runCommand } = await import('./run-command.js');
process.exitCode = await runCommand(process.argv.slice(2), process.stdout, process.stderr);
