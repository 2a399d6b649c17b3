/** Clients the operator makes: programs that act for themselves, and applications that act for people. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ASSERTION_GRANT, ClientRegistry, DEVICE_GRANT, type ClientWish, type OperatorClient } from '../auth/operator.module.js';
import { Settings } from '../config/settings.js';
import type { JsonObject } from '../protocol/message.js';
import { CommandFault, found, timeText, wordAt, type Command, type Given, type Outcome } from './command.js';
import { remarkOn } from './unmapped-roles.js';

const PAGE = 1000;
const GRANTS = new Map<string, ClientWish['grants']>([
  ['client_credentials', ['client_credentials']], ['id-jag', [ASSERTION_GRANT]],
  ['authorization_code', ['authorization_code', 'refresh_token']], ['device', [DEVICE_GRANT, 'refresh_token']],
]);
const PROOFS = new Map<string, ClientWish['authentication']>([['secret', 'client_secret_basic'], ['key', 'private_key_jwt'], ['none', 'none']]);
// The members that make a key a private or a shared one (RFC 7518 §6).
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

export const clientCommands: readonly Command[] = [
  {
    name: 'clients create', takes: '<name> [--grants client_credentials,id-jag,authorization_code,device] [--roles a,b] [--scopes a,b] [--auth secret|key|none] [--jwks file] [--redirect uri,uri] [--tenant name]',
    about: 'Makes a client, by default a machine with client credentials; its secret is shown once.',
    options: ['grants', 'roles', 'scopes', 'auth', 'jwks', 'redirect', 'tenant'],
    run: async (given, app) => {
      const wish = await wishOf(given, app.get(Settings).baselineScopes);
      const { client, secret } = await app.get(ClientRegistry).create(wish).catch(misuse);
      return { value: { ...client, ...(secret === undefined ? {} : { secret }) }, table: [HEAD, rowOf(client)], ...withSecret(secret), ...remarkOn(client.roles, app) };
    },
  },
  {
    name: 'clients list', takes: '', about: 'Lists the clients the operator made; secrets are kept nowhere.', options: [],
    run: async (_given, app) => {
      const clients = await allClients(app.get(ClientRegistry));
      return { value: clients, table: [HEAD, ...clients.map(rowOf)] };
    },
  },
  {
    name: 'clients rotate', takes: '<id> [--jwks file]',
    about: 'Gives a client a new secret, shown once, or new public keys; the old ones and its tokens stop working.', options: ['jwks'],
    run: async (given, app) => {
      const clients = app.get(ClientRegistry);
      const client = found(await clients.find(wordAt(given, 0, 'The id of the client')), `The client ${given.words[0]}`);
      const file = given.option('jwks');
      return file === undefined ? newSecret(client, clients) : newKeys(client, clients, file);
    },
  },
  {
    name: 'clients revoke', takes: '<id>', about: 'Forgets a client; what it got for itself is refused at once.', options: [],
    run: async (given, app) => {
      const id = wordAt(given, 0, 'The id of the client');
      if (!await app.get(ClientRegistry).revoke(id)) throw new CommandFault(`The client ${id} is not known`);
      return { value: { clientId: id, revoked: true }, say: `The client ${id} is revoked.` };
    },
  },
];

async function newSecret(client: OperatorClient, clients: ClientRegistry): Promise<Outcome> {
  const secret = await clients.rotateSecret(client.clientId);
  if (secret === undefined) throw new CommandFault(`The client ${client.clientId} has no secret: it proves itself ${client.authentication === 'none' ? 'with nothing' : 'with its key; give the new ones with --jwks'}`);
  return { value: { ...client, secret }, table: [HEAD, rowOf(client)], ...withSecret(secret) };
}

async function newKeys(client: OperatorClient, clients: ClientRegistry, file: string): Promise<Outcome> {
  const keys = await publicKeysIn(file);
  if (!await clients.replaceKeys(client.clientId, keys)) throw new CommandFault(`The client ${client.clientId} does not prove itself with keys`);
  return { value: client, table: [HEAD, rowOf(client)], say: `From now on it proves itself with ${keys.length === 1 ? 'the key' : `the ${keys.length} keys`} of ${file}.` };
}

const HEAD = ['ID', 'NAME', 'GRANTS', 'PROOF', 'ROLES', 'SCOPES', 'TENANT', 'SINCE'];

function rowOf({ clientId, name, grants, authentication, roles, scopes, tenant, createdAt }: OperatorClient): string[] {
  const words = [...GRANTS].filter(([, [first]]) => first !== undefined && grants.includes(first)).map(([word]) => word);
  return [clientId, name, words.join(','), authentication, roles.join(',') || '(none)', scopes.join(',') || '(none)', tenant, timeText(createdAt)];
}

async function wishOf(given: Given, baseline: readonly string[]): Promise<ClientWish> {
  const name = wordAt(given, 0, 'The name of the client');
  const redirectUris = given.list('redirect') ?? [];
  const words = given.list('grants') ?? [redirectUris.length > 0 ? 'authorization_code' : 'client_credentials'];
  const grants = new Set(words.flatMap((word) => chosen(GRANTS, word, 'grants')));
  const roles = given.list('roles') ?? [];
  if (grants.has('client_credentials') && roles.length === 0) throw new CommandFault('--roles is missing: a machine without roles could do nothing');
  const file = given.option('jwks');
  const authentication = chosen(PROOFS, given.option('auth') ?? (file === undefined ? 'secret' : 'key'), 'auth');
  if (file !== undefined && authentication !== 'private_key_jwt') throw new CommandFault('--jwks goes with --auth key');
  return {
    name, grants: [...grants], authentication, redirectUris, roles, scopes: given.list('scopes') ?? baseline,
    tenant: given.option('tenant'), keys: file === undefined ? undefined : await publicKeysIn(file),
  };
}

function chosen<T>(choices: ReadonlyMap<string, T>, word: string, option: string): T {
  const choice = choices.get(word);
  if (choice === undefined) throw new CommandFault(`--${option} must be of ${[...choices.keys()].join(', ')}`);
  return choice;
}

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']) }).catchall(z.json())).min(1) });

/** The keys of a JWK Set; private ones are refused, for they belong on the other side only. */
async function publicKeysIn(file: string): Promise<JsonObject[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandFault(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  const set = keySet.safeParse(parsed(text));
  if (!set.success) throw new CommandFault(`${file} is no set of public keys such as {"keys":[{"kty":"EC",…}]}`);
  if (set.data.keys.some((key) => PRIVATE.some((member) => member in key))) throw new CommandFault(`${file} holds a private key; give the public ones only`);
  return set.data.keys;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function allClients(clients: ClientRegistry): Promise<OperatorClient[]> {
  const all: OperatorClient[] = [];
  for (let page = await clients.list(undefined, PAGE); page.length > 0; page = await clients.list(page.at(-1)?.clientId, PAGE)) all.push(...page);
  return all;
}

function withSecret(secret: string | undefined): Pick<Outcome, 'say'> {
  return secret === undefined ? {} : { say: `The secret, shown this once:\n\n    ${secret}` };
}

function misuse(error: unknown): never {
  throw error instanceof RangeError ? new CommandFault(error.message) : error;
}
