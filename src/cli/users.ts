/** People who may sign in here. */
import type { INestApplicationContext } from '@nestjs/common';
import type { User } from '../auth/users.port.js';
import { Users } from '../auth/users.js';
import { CommandFault, found, timeText, wordAt, type Command, type Given, type Outcome } from './command.js';
import { remarkOn } from './unmapped-roles.js';

const PAGE = 1000;

export const userCommands: readonly Command[] = [
  {
    name: 'users create', takes: '<login> [--roles a,b] [--name "Full Name"] [--tenant name]', about: 'Makes an account with a one-time password, shown once.',
    options: ['roles', 'name', 'tenant'],
    run: async (given, app) => {
      const login = wordAt(given, 0, 'The login');
      const welcome = await app.get(Users).create({ login, roles: given.list('roles') ?? [], displayName: given.option('name'), tenant: given.option('tenant') });
      if (!welcome) throw new CommandFault(`The login ${login} is taken`);
      return { ...withPassword(welcome.user, welcome.oneTimePassword), ...remarkOn(welcome.user.roles, app) };
    },
  },
  {
    name: 'users list', takes: '', about: 'Lists the people.', options: [],
    run: async (_given, app) => {
      const users = await allUsers(app.get(Users));
      return { value: users.map(publicPart), table: [HEAD, ...users.map(rowOf)] };
    },
  },
  {
    name: 'users disable', takes: '<login>', about: 'Locks somebody out at once.', options: [],
    run: (given, app) => change(given, app, (users, id) => users.setDisabled(id, true)),
  },
  {
    name: 'users enable', takes: '<login>', about: 'Lets somebody in again.', options: [],
    run: (given, app) => change(given, app, (users, id) => users.setDisabled(id, false)),
  },
  {
    name: 'users roles', takes: '<login> <role,role>', about: 'Gives somebody these roles and no others; an empty text for none.', options: [],
    run: async (given, app) => {
      const roles = wordAt(given, 1, 'The list of roles').split(',').map((role) => role.trim()).filter((role) => role !== '');
      return { ...await change(given, app, (users, id) => users.setRoles(id, roles)), ...remarkOn(roles, app) };
    },
  },
  {
    name: 'users password', takes: '<login>', about: 'Replaces a password by a one-time password, shown once.', options: [],
    run: async (given, app) => {
      const users = app.get(Users);
      const { id } = await personOf(given, users);
      const welcome = found(await users.resetPassword(id), 'The person');
      return withPassword(welcome.user, welcome.oneTimePassword);
    },
  },
];

const HEAD = ['LOGIN', 'NAME', 'ROLES', 'TENANT', 'STATE', 'SINCE', 'ID'];

function rowOf({ login, displayName, roles, tenant, disabled, createdAt, id }: User): string[] {
  return [login, displayName, roles.join(',') || '(none)', tenant, disabled ? 'disabled' : 'good', timeText(createdAt), id];
}

async function personOf(given: Given, users: Users): Promise<User> {
  const login = wordAt(given, 0, 'The login');
  return found(await users.findByLogin(login), `The login ${login}`);
}

async function change(given: Given, app: INestApplicationContext, act: (users: Users, id: string) => Promise<User | undefined>): Promise<Outcome> {
  const users = app.get(Users);
  const { id } = await personOf(given, users);
  const user = found(await act(users, id), 'The person');
  return { value: publicPart(user), table: [HEAD, rowOf(user)] };
}

async function allUsers(users: Users): Promise<User[]> {
  const all: User[] = [];
  for (let page = await users.list(undefined, PAGE); page.length > 0; page = await users.list(page.at(-1)?.login, PAGE)) all.push(...page);
  return all;
}

function publicPart({ passwordHash: _hash, ...rest }: User): Omit<User, 'passwordHash'> {
  return rest;
}

function withPassword(user: User, oneTimePassword: string): Outcome {
  return {
    value: { ...publicPart(user), oneTimePassword }, table: [HEAD, rowOf(user)],
    say: `The one-time password, shown this once; it must be replaced at the first sign-in:\n\n    ${oneTimePassword}`,
  };
}
