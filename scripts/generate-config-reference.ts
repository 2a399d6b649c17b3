/** Writes config/reference.md and .env.example from the schema; with --check only says whether they are fresh. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { describe } from '../src/config/kinds.js';
import { sections } from '../src/config/schema.js';

const root = join(import.meta.dirname, '..');
const GENERATED = 'Generated from src/config/schema.ts by `npm run docs:config`.';

const groups = Object.entries<Record<string, z.ZodType>>(sections).map(([heading, members]) => ({
  heading,
  settings: Object.entries(members).map(([name, setting]) => ({ name, ...describe(setting) })),
}));
type Setting = (typeof groups)[number]['settings'][number];

function reference(): string {
  const row = (setting: Setting): string => {
    const { about, env, expected, name, secret } = setting;
    const purpose = `${about} ${secret ? 'Secret: ' : ''}${upperFirst(expected)}.`;
    const cells = [`\`${name}\``, `\`${env}\``, shown(setting), purpose];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  };
  const tables = groups.map(({ heading, settings }) => [
    `## ${heading}`, '',
    '| Setting | Variable | Default | What it is for |', '| --- | --- | --- | --- |',
    ...settings.map(row), '',
  ].join('\n'));
  return [
    '# Settings', '', `<!-- ${GENERATED} -->`, '',
    'A setting is read from `config/default.yaml`, in production from `config/production.yaml` over it, and from the',
    'environment over both. `GATEHOUSE_CONFIG` names one file to read instead of these two. Empty variables count as',
    'absent. Whatever is unknown or malformed keeps the server from starting, all faults listed at once.', '',
    ...tables,
  ].join('\n');
}

function example(): string {
  const lines = (setting: Setting): string => `# ${setting.about}\n#${setting.env}=${inEnvironment(setting.fallback)}\n`;
  return [
    `# ${GENERATED}`, '# Copy to .env, which `npm start` reads; every setting is described in config/reference.md.', '',
    ...groups.flatMap(({ heading, settings }) => [`### ${heading}\n`, ...settings.map(lines)]),
  ].join('\n');
}

function shown({ fallback }: Setting): string {
  if (fallback === undefined) return '—';
  return `\`${typeof fallback === 'object' ? JSON.stringify(fallback) : String(fallback)}\``;
}

function inEnvironment(fallback: unknown): string {
  // The only objects among the defaults are empty ones.
  return fallback === undefined || typeof fallback === 'object' ? '' : String(fallback);
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const pages = { 'config/reference.md': reference(), '.env.example': example() };
for (const [name, content] of Object.entries(pages)) {
  const file = join(root, name);
  const isFresh = existsSync(file) && readFileSync(file, 'utf8') === content;
  if (isFresh) continue;
  if (process.argv.includes('--check')) {
    console.error(`${name} is stale: run npm run docs:config`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, content);
    console.log(`wrote ${name}`);
  }
}
