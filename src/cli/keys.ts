/** Keys of machines, and the keys that sign tokens. */
import type { ApiKey } from '../auth/api-keys.port.js';
import { ApiKeys } from '../auth/api-keys.service.js';
import { SigningKeys } from '../auth/operator.module.js';
import { readDuration } from '../config/units.js';
import { CommandFault, found, timeText, wordAt, type Command, type Given, type Outcome } from './command.js';
import { remarkOn } from './unmapped-roles.js';

const PAGE = 1000;
const DEFAULT_OVERLAP = '24h';

export const keyCommands: readonly Command[] = [
  {
    name: 'keys create', takes: '<name> --roles a,b [--scopes a,b] [--expires 90d] [--addresses 10.0.0.0/8] [--tenant name]',
    about: 'Makes a key for a machine; its text is shown once.', options: ['roles', 'scopes', 'expires', 'addresses', 'tenant'],
    run: async (given, app) => {
      const roles = given.list('roles');
      if (!roles || roles.length === 0) throw new CommandFault('--roles is missing: a key without roles could do nothing');
      const expires = secondsOf(given, 'expires');
      const tenant = given.option('tenant');
      const shown = await app.get(ApiKeys).create({
        name: wordAt(given, 0, 'The name of the key'), roles, scopes: given.list('scopes') ?? [], addresses: given.list('addresses') ?? [],
        expiresAt: expires === undefined ? undefined : Date.now() + expires * 1000, ...(tenant === undefined ? {} : { tenant }),
      }).catch(explained);
      return { ...withText(shown), ...remarkOn(roles, app) };
    },
  },
  {
    name: 'keys list', takes: '', about: 'Lists the keys of machines; texts are kept nowhere.', options: [],
    run: async (_given, app) => {
      const keys = await allKeys(app.get(ApiKeys));
      return { value: keys.map(publicPart), table: [HEAD, ...keys.map(rowOf)] };
    },
  },
  {
    name: 'keys rotate', takes: '[<id> [--overlap 24h]]', about: 'Gives a key a new text; without an id, rotates the keys that sign tokens.', options: ['overlap', 'lead'],
    run: async (given, app) => {
      const [id] = given.words;
      if (id === undefined) return rotateSigningKeys(given, app.get(SigningKeys));
      const overlap = secondsOf(given, 'overlap') ?? readDuration(DEFAULT_OVERLAP, 1000) ?? 0;
      return withText(found(await app.get(ApiKeys).rotate(id, overlap), `The key ${id}, or one that is not revoked,`));
    },
  },
  {
    name: 'keys revoke', takes: '<id>', about: 'Takes a key back; the next request with it is refused.', options: [],
    run: async (given, app) => {
      const id = wordAt(given, 0, 'The id of the key');
      if (!await app.get(ApiKeys).revoke(id)) throw new CommandFault(`The key ${id} is not known`);
      return { value: { id, revoked: true }, say: `The key ${id} is revoked.` };
    },
  },
  {
    name: 'signing-keys rotate', takes: '[--lead 5m]', about: 'Makes a new key that signs tokens; tokens of the old one stay good.', options: ['lead'],
    run: (given, app) => rotateSigningKeys(given, app.get(SigningKeys)),
  },
];

async function rotateSigningKeys(given: Given, keys: SigningKeys): Promise<Outcome> {
  await keys.open();
  const kid = await keys.rotate(secondsOf(given, 'lead'));
  return { value: { kid }, say: `The signing key ${kid} is published now and signs once everybody may have seen it.` };
}

const HEAD = ['ID', 'NAME', 'ROLES', 'SCOPES', 'EXPIRES', 'LAST USED', 'STATE'];

function rowOf(key: ApiKey): string[] {
  const state = key.revokedAt !== undefined ? 'revoked' : key.expiresAt !== undefined && key.expiresAt <= Date.now() ? 'expired' : 'good';
  return [key.id, key.name, key.roles.join(','), key.scopes.join(',') || '(all)', timeText(key.expiresAt) || 'never', timeText(key.lastUsedAt) || 'never', state];
}

async function allKeys(keys: ApiKeys): Promise<ApiKey[]> {
  const all: ApiKey[] = [];
  for (let page = await keys.list(undefined, PAGE); page.length > 0; page = await keys.list(page.at(-1)?.id, PAGE)) all.push(...page);
  return all;
}

/** Hashes are of no use to anybody, and shown to nobody. */
function publicPart({ secretHash: _secret, previousHash: _previous, ...rest }: ApiKey): Omit<ApiKey, 'secretHash' | 'previousHash'> {
  return rest;
}

function withText({ key, text }: { key: ApiKey; text: string }): Outcome {
  return { value: { ...publicPart(key), text }, table: [HEAD, rowOf(key)], say: `The key, shown this once:\n\n    ${text}` };
}

function secondsOf(given: Given, option: string): number | undefined {
  const text = given.option(option);
  if (text === undefined) return undefined;
  const seconds = readDuration(text, 1000);
  if (seconds === undefined || seconds < 0) throw new CommandFault(`--${option} must be a duration such as 90d, 24h or 300`);
  return seconds;
}

function explained(error: unknown): never {
  throw new CommandFault(error instanceof Error ? error.message : String(error));
}
