/** Sessions in this process: for one node, and for tests. */
import { ownerKey, type Caller } from '../../protocol/caller.js';
import type { Session, SessionChanges, SessionStore } from '../../sessions/session-store.port.js';

export class MemorySessionStore implements SessionStore {
  readonly #sessions = new Map<string, Session>();
  readonly #owners = new Map<string, number>();

  async add(session: Session): Promise<boolean> {
    if (this.#sessions.has(session.id)) return false;
    this.#sessions.set(session.id, session);
    const owner = ownerKey(session.owner);
    this.#owners.set(owner, (this.#owners.get(owner) ?? 0) + 1);
    return true;
  }

  async find(id: string, activeAt?: number): Promise<Session | undefined> {
    const session = this.#sessions.get(id);
    if (session && activeAt !== undefined) session.lastActivityAt = activeAt;
    return session;
  }

  async update(id: string, changes: SessionChanges): Promise<void> {
    const session = this.#sessions.get(id);
    if (session) Object.assign(session, changes);
  }

  async remove(id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    if (!session) return false;
    this.#sessions.delete(id);
    const owner = ownerKey(session.owner);
    const left = (this.#owners.get(owner) ?? 1) - 1;
    if (left > 0) this.#owners.set(owner, left);
    else this.#owners.delete(owner);
    return true;
  }

  async count(owner: Caller): Promise<number> {
    return this.#owners.get(ownerKey(owner)) ?? 0;
  }

  async size(): Promise<number> {
    return this.#sessions.size;
  }

  async expired(idleBefore: number, openedBefore: number): Promise<string[]> {
    const ids: string[] = [];
    for (const session of this.#sessions.values()) {
      if (session.lastActivityAt < idleBefore || session.createdAt < openedBefore) ids.push(session.id);
    }
    return ids;
  }
}
