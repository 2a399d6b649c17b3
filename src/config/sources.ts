/** Where settings come from: YAML files, then the environment over them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { describe } from './kinds.js';
import { findNearest } from './nearest.js';
import { schema, type SettingName } from './schema.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value as found, and where, in words for the person who put it there. */
export interface Found {
  raw: unknown;
  where: string;
}

/** Values by setting, and a sentence per thing that could not be understood. */
export interface Source {
  found: Map<SettingName, Found>;
  faults: string[];
}

/** Names the one file to read instead of those in the directory. */
export const FILE_VARIABLE = 'GATEHOUSE_CONFIG';

const names = Object.keys(schema.shape) as SettingName[];
const nameByVariable = new Map(names.map((name) => [describe(schema.shape[name]).env, name]));

/** The files that apply, the weaker first. Only a file somebody named must exist. */
export function readFiles(env: Environment, directory: string): Source[] {
  const named = env[FILE_VARIABLE];
  if (named) return [readFile(named, true)];
  const files = ['default.yaml', ...(env['NODE_ENV'] === 'production' ? ['production.yaml'] : [])];
  return files.map((file) => readFile(join(directory, file), false));
}

/** The variables that are settings. An empty one counts as absent, as in `.env` files. */
export function readEnvironment(env: Environment): Source {
  const source: Source = { found: new Map(), faults: [] };
  for (const [variable, raw] of Object.entries(env)) {
    if (raw === undefined || raw === '') continue;
    const name = nameByVariable.get(variable);
    if (name) source.found.set(name, { raw, where: `${variable} in the environment` });
    else if (variable.startsWith('GATEHOUSE_') && variable !== FILE_VARIABLE && !isServiceLink(variable, raw)) {
      source.faults.push(`${variable} in the environment is not a setting${hint(variable, 'env')}`);
    }
  }
  return source;
}

/** The members of an object, named as in files. */
export function readObject(values: object, where: string): Source {
  const source: Source = { found: new Map(), faults: [] };
  for (const [name, raw] of Object.entries(values)) {
    if (!isName(name)) source.faults.push(`${name} in ${where} is not a setting${hint(name, 'name')}`);
    else source.found.set(name, { raw, where: `${name} in ${where}` });
  }
  return source;
}

function readFile(file: string, required: boolean): Source {
  const failed = (reason: string): Source => ({ found: new Map(), faults: [`${file} ${reason}`] });
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' && !required ? readObject({}, file) : failed(`cannot be read (${code})`);
  }
  // Without pretty errors a message would quote the line, and with it perhaps a secret.
  const document = parseDocument(content, { prettyErrors: false });
  const [error] = document.errors;
  if (error) return failed(`is not YAML: line ${lineAt(content, error.pos[0])}, ${error.code}`);
  const values: unknown = document.toJS() ?? {};
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    return failed('must be a list of "name: value" lines');
  }
  return withoutEnvironmentOnly(readObject(values, file));
}

function withoutEnvironmentOnly({ found, faults }: Source): Source {
  const misplaced = [...found].filter(([name]) => describe(schema.shape[name]).environmentOnly);
  for (const [name] of misplaced) found.delete(name);
  return {
    found,
    faults: [...faults, ...misplaced.map(([name, { where }]) =>
      `${where} can only be set in the environment, as ${describe(schema.shape[name]).env}`)],
  };
}

function isName(name: string): name is SettingName {
  return Object.hasOwn(schema.shape, name);
}

function lineAt(content: string, position: number): number {
  return content.slice(0, position).split('\n').length;
}

/** Kubernetes describes every service to every pod: one called `gatehouse` arrives as GATEHOUSE_PORT=tcp://… */
function isServiceLink(variable: string, raw: string): boolean {
  return /_SERVICE_(?:HOST|PORT)(?:_\w+)?$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/.test(variable)
    || (variable.endsWith('_PORT') && /^(?:tcp|udp|sctp):\/\//.test(raw));
}

/** Knows every setting by its name and its variable. A prefix all share would make all of them look alike. */
function hint(mistyped: string, spelling: 'env' | 'name'): string {
  const bare = (variable: string): string => variable.replace(/^GATEHOUSE_/, '');
  const spellings = new Map(names.flatMap((name) => [[name, name], [bare(describe(schema.shape[name]).env), name]]));
  const nearest = spellings.get(findNearest(bare(mistyped), spellings.keys()) ?? '');
  if (!nearest) return '';
  return `; did you mean ${spelling === 'name' ? nearest : describe(schema.shape[nearest]).env}?`;
}
