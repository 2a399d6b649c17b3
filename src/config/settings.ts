/** The settings as every module sees them: complete, checked, unchangeable. */
import { inspect } from 'node:util';
import { describe } from './kinds.js';
import { schema, type ConfiguredValues, type SettingName } from './schema.js';

/** What was configured, with what follows from it filled in. */
export type SettingsValues = Omit<ConfiguredValues, 'publicUrl'> & { publicUrl: string };

// The members come from the schema, so that a setting is written down once, and from Object.assign below.
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging
export interface Settings extends Readonly<SettingsValues> {}

export class Settings {
  constructor(values: SettingsValues) {
    Object.assign(this, values);
    for (const value of Object.values(values)) Object.freeze(value);
    Object.freeze(this);
  }

  /** A settings object that ends up in a log line shows no secret. */
  toJSON(): Record<SettingName, unknown> {
    return describeSettings(this);
  }

  [inspect.custom](): Record<SettingName, unknown> {
    return describeSettings(this);
  }
}

/** The settings for people: every value, except that a secret only says whether it is set. */
export function describeSettings(settings: Settings): Record<SettingName, unknown> {
  const names = Object.keys(schema.shape) as SettingName[];
  const shown = names.map((name) => [name, mask(name, settings[name])]);
  return Object.fromEntries(shown) as Record<SettingName, unknown>;
}

function mask(name: SettingName, value: unknown): unknown {
  if (!describe(schema.shape[name]).secret) return value;
  return value === undefined ? '(not set)' : '(set)';
}
