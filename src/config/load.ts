/** Loads the settings, or says everything that is wrong with them at once. */
import { existsSync } from 'node:fs';
import { describe } from './kinds.js';
import { rules } from './rules.js';
import { schema, type ConfiguredValues, type SettingName } from './schema.js';
import { Settings } from './settings.js';
import { readEnvironment, readFiles, readObject, type Environment, type Found, type Source } from './sources.js';

/** The settings cannot be used; the message lists every reason and no secret. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly faults: readonly string[]) {
    const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
    super([
      `Gatehouse cannot start: ${count} in its settings.`,
      ...faults.map((fault) => `  - ${fault}`),
      'All settings are described in config/reference.md.',
    ].join('\n'));
  }
}

/**
 * Reads `<directory>/default.yaml`, in production `production.yaml` over it, and the environment over both. Without
 * `env` that is this process's own, completed from `.env` where there is one.
 */
export function loadSettings({ env = ownEnvironment(), directory = 'config' }: {
  env?: Environment;
  directory?: string;
} = {}): Settings {
  return settle([...readFiles(env, directory), readEnvironment(env)]);
}

/** The defaults, except for `values`: for tests, and for applications that embed the server. */
export function settingsFrom(values: { readonly [N in SettingName]?: unknown } = {}): Settings {
  return settle([readObject(values, 'the given settings')]);
}

function ownEnvironment(): Environment {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

function settle(sources: readonly Source[]): Settings {
  const found = new Map(sources.flatMap((source) => [...source.found]));
  const faults = sources.flatMap((source) => source.faults);
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of Object.keys(schema.shape) as SettingName[]) {
    // One by one: the rules below still judge what is well-formed beside what is not.
    const result = schema.shape[name].safeParse(found.get(name)?.raw);
    if (result.success) values[name] = result.data;
    else faults.push(...result.error.issues.map(({ message }) => complaint(name, found.get(name), message)));
  }
  for (const { about, broken, say } of rules) {
    const judged = about.every((name) => name in values);
    if (judged && broken(values as ConfiguredValues)) faults.push(complaint(about[0], found.get(about[0]), say));
  }
  if (faults.length > 0) throw new SettingsError(faults);
  return complete(values as ConfiguredValues);
}

function complaint(name: SettingName, found: Found | undefined, message: string): string {
  const { env, secret } = describe(schema.shape[name]);
  const where = found?.where ?? `${name} (${env})`;
  return found && !secret ? `${where} ${message}; it is ${show(found.raw)}` : `${where} ${message}`;
}

function show(raw: unknown): string {
  // A password inside an address is a secret wherever it stands.
  const text = (JSON.stringify(raw) ?? typeof raw).replace(/\/\/[^/@\s]*@/g, '//***@');
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function complete(values: ConfiguredValues): Settings {
  const { host, port, publicUrl } = values;
  // A wildcard is an address to listen on, not one to call.
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return new Settings({ ...values, publicUrl: publicUrl ?? `http://${name}:${port}` });
}
