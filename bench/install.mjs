/** Brings the servers to compare with, in exactly the versions of the lockfiles, and says which versions these are. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
// Each peer has dependencies of its own, which would get in each other's way.
const packages = ['.', 'peers/mcp-nest', 'peers/fastmcp', 'peers/mcp-framework'].map((path) => join(here, path));

/** Fetches what is not here yet; false where that failed. */
export function install() {
  const missing = packages.filter((directory) => !isInstalled(directory));
  if (missing.length > 0) process.stdout.write('Installing the servers to compare with, once …\n');
  return missing.every(installOne);
}

/** Name and version of the packages that say what is compared. */
export function versions() {
  const manifest = (path) => JSON.parse(readFileSync(join(here, path), 'utf8'));
  const one = (directory, name) => [name, manifest(`${directory}/package.json`).dependencies[name]];
  return Object.fromEntries([
    ['gatehouse', manifest('../package.json').version],
    one('.', '@modelcontextprotocol/server'), one('.', '@modelcontextprotocol/node'), one('.', '@modelcontextprotocol/sdk'), one('.', 'express'),
    one('peers/mcp-nest', '@rekog/mcp-nest'), one('peers/mcp-nest', '@nestjs/core'), one('peers/mcp-nest', '@nestjs/platform-fastify'),
    one('peers/fastmcp', 'fastmcp'), one('peers/mcp-framework', 'mcp-framework'),
  ]);
}

function isInstalled(directory) {
  const installed = join(directory, 'node_modules/.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(directory, 'package-lock.json')).mtimeMs;
}

function installOne(directory) {
  const npm = process.env.npm_execpath;
  // Without scripts: none of them needs one, and less runs on this machine.
  const args = ['ci', '--prefix', directory, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const options = { cwd: directory, stdio: 'inherit' };
  const { status } = npm ? spawnSync(process.execPath, [npm, ...args], options) : spawnSync('npm', args, options);
  return status === 0;
}
