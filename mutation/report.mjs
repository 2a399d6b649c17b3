/** `npm run mutation:report`: writes docs/mutation.md from the last whole run. No figure in it is typed. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasons } from './reasons.mjs';

const root = join(import.meta.dirname, '..');
const source = join(import.meta.dirname, 'reports/mutation.json');
const report = JSON.parse(readFileSync(source, 'utf8'));
const version = (name) => JSON.parse(readFileSync(join(root, `node_modules/${name}/package.json`), 'utf8')).version;

const files = Object.entries(report.files).map(([name, { source: text, mutants }]) => {
  const lines = text.split('\n');
  const left = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').map((mutant) => describe(name, lines, mutant));
  return { name, left, killed: count(mutants, 'Killed'), endless: count(mutants, 'Timeout'), survived: count(mutants, 'Survived'), unseen: count(mutants, 'NoCoverage') };
}).filter(({ killed, endless, left }) => killed + endless + left.length > 0).toSorted((a, b) => (a.name < b.name ? -1 : 1));

writeFileSync(join(root, 'docs/mutation.md'), page());
const unexplained = files.flatMap(({ left }) => left).filter(({ why }) => why === undefined);
for (const { file, line, code, change } of unexplained) process.stderr.write(`no reason yet: ${file}:${line} ${change} in ${code}\n`);
process.exitCode = unexplained.length > 0 ? 1 : 0;

function count(mutants, status) {
  return mutants.filter((mutant) => mutant.status === status).length;
}

function describe(file, lines, { location: { start, end }, replacement }) {
  const code = lines[start.line - 1];
  const original = start.line === end.line ? code.slice(start.column - 1, end.column - 1) : `${code.slice(start.column - 1).trim()} … }`;
  const change = `${short(original)} → ${short(replacement)}`;
  const why = reasons.find(({ where }) => where.some(([of, fragment]) => file.endsWith(of) && code.includes(fragment)))?.why;
  return { file, line: start.line, code: code.trim(), change, why };
}

function short(text) {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
}

function row({ name, killed, endless, survived, unseen }) {
  const score = (100 * (killed + endless)) / (killed + endless + survived + unseen);
  return `| ${name} | ${score.toFixed(1)} % | ${killed} | ${endless} | ${survived} | ${unseen} |`;
}

function total() {
  const sum = (member) => files.reduce((all, file) => all + file[member], 0);
  return row({ name: '**All**', killed: sum('killed'), endless: sum('endless'), survived: sum('survived'), unseen: sum('unseen') });
}

function survivors() {
  const left = files.flatMap((file) => file.left);
  const groups = [...reasons.map(({ why }) => why), undefined].map((why) => ({ why, members: left.filter((mutant) => mutant.why === why) }));
  return groups.filter(({ members }) => members.length > 0).map(({ why, members }) => {
    const shown = members.map(({ file, line, change }) => `- \`${file}:${line}\` ${quoted(change)}`);
    return `**${why ?? 'Not explained yet.'}** (${members.length})\n\n${shown.join('\n')}`;
  }).join('\n\n');
}

function quoted(change) {
  return change.includes('`') ? `\`\` ${change} \`\`` : `\`${change}\``;
}

function page() {
  return `# Mutation testing

<!-- Generated from mutation/reports/mutation.json and mutation/reasons.mjs by \`npm run mutation:report\`. -->

Every expression of the protocol core and the dispatcher is changed on purpose, one at a time, and the unit specs must
notice. What they do not notice is either a test that is missing or code that makes no difference. \`npm run mutation\`
runs it, with Stryker on vitest; below ${report.thresholds.break} % it fails.

Run of ${statSync(source).mtime.toISOString().slice(0, 10)}: Stryker ${report.framework.version}, vitest ${version('vitest')}, TypeScript ${version('typescript')}, Node ${process.versions.node}; random cases with a fixed
seed. Where a run was made with \`--incremental\`, a verdict is as old as the last change of the place and its tests.
*Endless* changes were noticed because a test did not end; *unseen* ones are reached by no unit spec.

| File | Noticed | Killed | Endless | Survived | Unseen |
| --- | --- | --- | --- | --- | --- |
${[...files.map(row), total()].join('\n')}

## What survives, and why

${survivors()}
`;
}
