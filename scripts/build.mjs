/**
 * Compiles src into dist, and joins what the programs are made of into few files; with --if-stale only where something
 * changed since. Plain JavaScript for any runtime.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
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

// What Nest and pg look for and do without.
const OPTIONAL = [
  '@nestjs/microservices', '@nestjs/microservices/microservices-module', '@nestjs/websockets/socket-module',
  'class-transformer', 'class-transformer/storage', 'class-validator', 'pg-native',
];

/**
 * A start loads over two thousand modules, and finding them takes longer than running them: joined, the programs are up in
 * half the time. Embedding applications go on importing the single modules, so that they share Nest with them.
 */
async function joinPrograms(directory) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: {
      'main': join(directory, 'main.js'),
      'cli/main': join(directory, 'cli/main.js'),
      // Beside the code that forks it by its address.
      'joined/isolate-child': join(directory, 'library/data-transform/isolate-child.js'),
    },
    platform: 'node',
    treeshake: false,
    external: [...builtinModules, /^node:/, ...OPTIONAL],
    plugins: [{
      name: 'maps-of-the-compiler',
      load: (id) => (existsSync(`${id}.map`) && id.startsWith(directory) ? { code: readFileSync(id, 'utf8'), map: readFileSync(`${id}.map`, 'utf8') } : undefined),
    }],
    // Packages warn of nothing that is ours to mend; what fails, throws.
    onLog: () => undefined,
  });
  await bundle.write({
    dir: directory, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'joined/[name]-[hash].js', sourcemap: true,
    // Else calls go whose results nobody reads, and with them what they throw: `decodeURIComponent` in a `try`.
    minify: false,
  });
  await bundle.close();
}

async function build() {
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
  await joinPrograms(fresh);
  // npm marks a command as executable once, at its first use; a rebuild must not undo it.
  chmodSync(join(fresh, 'cli/main.js'), 0o755);
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
  writeFileSync(stamp, '');
  utimesSync(stamp, started, started);
  return 0;
}

const isShipped = existsSync(join(dist, 'main.js')) && !existsSync(join(root, 'src'));
if (!process.argv.includes('--if-stale')) process.exitCode = await build();
else if (!isShipped && !isFresh()) {
  process.stderr.write('Building, because dist is missing or older than src …\n');
  process.exitCode = await build();
}
