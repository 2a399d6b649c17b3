/** Where sessions are kept. */
import type { Caller } from '../protocol/caller.js';
import type { Session } from './session.js';

export type { Session } from './session.js';

/** The members of a session that may change. */
export type SessionChanges = Partial<Pick<Session, 'owner' | 'revision' | 'clientInfo' | 'clientCapabilities' | 'logLevel' | 'subscriptions'>>;

export const SessionStore = Symbol('SessionStore');
export interface SessionStore {
  /** False when the id is already taken. */
  add(session: Session): Promise<boolean>;
  /** The session; its last activity becomes `activeAt` where one is given. */
  find(id: string, activeAt?: number): Promise<Session | undefined>;
  /** Keeps the changed members of a session that is still there. */
  update(id: string, changes: SessionChanges): Promise<void>;
  /** True exactly once for each session. */
  remove(id: string): Promise<boolean>;
  /** How many sessions an owner has. */
  count(owner: Caller): Promise<number>;
  /** How many sessions there are. */
  size(): Promise<number>;
  /** Ids of sessions idle since `idleBefore` or opened before `openedBefore` (milliseconds since the epoch). */
  expired(idleBefore: number, openedBefore: number): Promise<string[]>;
}
