/** Compiles src into dist; with --if-stale only where something changed since. Plain JavaScript for any runtime. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const stamp = join(dist, '.built');

/** Directories count too: their time tells of files that are gone. */
function newestIn(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return path.endsWith('.spec.ts') ? 0 : mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

function isFresh() {
  if (!existsSync(stamp)) return false;
  const sources = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']
    .map((name) => join(root, name)).filter((path) => existsSync(path));
  return Math.max(...sources.map(newestIn)) <= statSync(stamp).mtimeMs;
}

function build() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  if (!existsSync(compiler)) {
    process.stderr.write('The compiler is not installed: run npm ci first.\n');
    return 1;
  }
  // Taken before the compiler reads: what changes meanwhile is stale again.
  const started = new Date();
  // Beside the old one, which stays in use until the new one is whole.
  const fresh = join(root, `.dist-${process.pid}`);
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', fresh], options);
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    return status ?? 1;
  }
  // npm marks a command as executable once, at its first use; a rebuild must not undo it.
  chmodSync(join(fresh, 'cli/main.js'), 0o755);
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started);
  return 0;
}

const isShipped = existsSync(join(dist, 'main.js')) && !existsSync(join(root, 'src'));
if (!process.argv.includes('--if-stale')) process.exitCode = build();
else if (!isShipped && !isFresh()) {
  process.stderr.write('Building, because dist is missing or older than src …\n');
  process.exitCode = build();
}
