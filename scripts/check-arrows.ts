/** Holds the sources against .dependency-cruiser.mjs, having made sure that the rules see every file and can bite. */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What was there when this line was last touched; a run that sees less has lost its way. */
const LEAST = { modules: 130, dependencies: 380 };

const root = join(import.meta.dirname, '..');
const cruiser = join(root, 'node_modules/.bin/depcruise');

interface Cruise {
  modules: { source: string }[];
  summary: {
    totalCruised: number;
    totalDependenciesCruised: number;
    violations: { from: string; to: string; rule: { name: string } }[];
    ruleSetUsed: { forbidden: { name: string }[] };
  };
}

function cruise(directory: string, folders: string[]): Cruise {
  const options = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...folders];
  const { status, stdout, stderr } = spawnSync(process.execPath, [cruiser, ...options], {
    cwd: directory, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2,
  });
  if (status === null || stdout === '') throw new Error(`dependency-cruiser failed: ${stderr}`);
  return JSON.parse(stdout);
}

/** The sources as they are. */
function inspect({ modules, summary }: Cruise, folders: string[]): string[] {
  const seen = new Set(modules.map(({ source }) => source));
  const missed = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: root }))
    .filter((file) => !seen.has(file));
  const { totalCruised, totalDependenciesCruised } = summary;
  console.log(`arrows: ${totalCruised} modules, ${totalDependenciesCruised} dependencies`);
  return [
    ...summary.violations.map(({ from, rule, to }) => `${rule.name}: ${from} → ${to}`),
    ...missed.map((file) => `not seen: ${file}`),
    ...(totalCruised < LEAST.modules ? [`fewer than ${LEAST.modules} modules seen`] : []),
    ...(totalDependenciesCruised < LEAST.dependencies ? [`fewer than ${LEAST.dependencies} dependencies seen`] : []),
  ];
}

/** A world in which everything imports everything: whatever rule stays silent there would stay silent always. */
function rehearse(rules: { name: string }[]): string[] {
  const folders = [...rules.flatMap(({ name }) => /^(\w+)-imports-only-/.exec(name)?.[1] ?? []), 'stranger'];
  // pg-pool is there without being declared: pg brings it.
  const packages = ['pg', 'pg-pool', 'node:sqlite', 'node:fs', 'jose', '@modelcontextprotocol/core', 'vitest', 'no-such-package'];
  const world = mkdtempSync(join(tmpdir(), 'arrows-'));
  const plant = (file: string, imports: string[]): void => {
    mkdirSync(dirname(join(world, file)), { recursive: true });
    writeFileSync(join(world, file), imports.map((name) => `import '${name}';`).join('\n'));
  };
  try {
    for (const file of ['.dependency-cruiser.mjs', 'package.json', 'tsconfig.json']) {
      cpSync(join(root, file), join(world, file));
    }
    symlinkSync(join(root, 'node_modules'), join(world, 'node_modules'));
    for (const folder of folders) {
      plant(`src/${folder}/inner/private.ts`, []);
      plant(`src/${folder}/face.spec.ts`, []);
      plant(`src/${folder}/face.ts`, [
        ...folders.flatMap((other) => [`../${other}/face.js`, `../${other}/inner/private.js`]),
        './face.spec.js', '../../test/support.js', ...packages,
      ]);
    }
    plant('test/support.ts', []);
    const bitten = new Set(cruise(world, ['src', 'test']).summary.violations.map(({ rule }) => rule.name));
    return rules.flatMap(({ name }) => (bitten.has(name) ? [] : [`never bites: ${name}`]));
  } finally {
    rmSync(world, { recursive: true });
  }
}

const folders = ['src', 'test', 'scripts'];
const result = cruise(root, folders);
const faults = [...rehearse(result.summary.ruleSetUsed.forbidden), ...inspect(result, folders)];
for (const fault of faults) console.error(`  ${fault}`);
if (faults.length > 0) process.exitCode = 1;
