/** Users in this process: for tests, and for servers that keep nothing. */
import { isDeepStrictEqual } from 'node:util';
import type { Revocations } from '../../auth/revocations.port.js';
import { loginKey, type Identity, type User, type UserChanges, type UserStore } from '../../auth/users.port.js';
import { changeUser } from '../records/user.js';
import { byCodePoints } from './order.js';

export class MemoryUserStore implements UserStore {
  readonly #users = new Map<string, User>();
  readonly #idsByLogin = new Map<string, string>();
  readonly #idsByIdentity = new Map<string, string>();

  constructor(private readonly rights: Pick<Revocations, 'touch'>) {}

  async add(user: User): Promise<boolean> {
    if (this.#users.has(user.id) || this.#idsByLogin.has(loginKey(user.login))) return false;
    this.#users.set(user.id, structuredClone(user));
    this.#idsByLogin.set(loginKey(user.login), user.id);
    return true;
  }

  async find(id: string): Promise<User | undefined> {
    return structuredClone(this.#users.get(id));
  }

  async findByLogin(login: string): Promise<User | undefined> {
    return this.find(this.#idsByLogin.get(loginKey(login)) ?? '');
  }

  async findByIdentity(identity: Identity): Promise<User | undefined> {
    return this.find(this.#idsByIdentity.get(identityKey(identity)) ?? '');
  }

  async link(userId: string, identity: Identity): Promise<boolean> {
    if (!this.#users.has(userId)) throw new Error('Nobody is known by this id');
    if (this.#idsByIdentity.has(identityKey(identity))) return false;
    this.#idsByIdentity.set(identityKey(identity), userId);
    return true;
  }

  async update(id: string, changes: UserChanges): Promise<User | undefined> {
    const user = this.#users.get(id);
    if (!user) return undefined;
    const changed = structuredClone(changeUser(user, changes));
    this.#users.set(id, changed);
    if (!isDeepStrictEqual(changed, user)) await this.rights.touch();
    return structuredClone(changed);
  }

  async list(after: string | undefined, limit: number): Promise<User[]> {
    const key = after === undefined ? undefined : loginKey(after);
    return [...this.#users.values()]
      .filter((user) => key === undefined || byCodePoints(loginKey(user.login), key) > 0)
      .toSorted((one, other) => byCodePoints(loginKey(one.login), loginKey(other.login)))
      .slice(0, limit).map((user) => structuredClone(user));
  }

  async count(): Promise<number> {
    return this.#users.size;
  }
}

function identityKey({ issuer, subject }: Identity): string {
  return JSON.stringify([issuer, subject]);
}
