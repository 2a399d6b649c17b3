/** Opens, resolves, ends and sweeps sessions. A session belongs to whoever opened it. */
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Log } from '../observability/log.js';
import { ownerKey, sameOwner, type Caller } from '../protocol/caller.js';
import { Clock, Random } from '../protocol/clock.js';
import { fault } from '../protocol/faults.js';
import { EventLog } from './event-log.port.js';
import type { Session, SessionWire } from './session.js';
import { SessionStore, type SessionChanges } from './session-store.port.js';
import { Traffic } from './traffic.js';

/** Why a session ended. */
export type SessionEnd = 'client' | 'idle' | 'expired' | 'drain' | 'disconnect';

/** What opens a session. */
export type Opening = Pick<Session, 'wire' | 'owner' | 'revision' | 'clientInfo' | 'clientCapabilities'>;

@Injectable()
export class Sessions implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #traffic = new Map<string, Traffic>();
  readonly #endings = new Map<string, Set<(reason: SessionEnd) => void>>();
  /** How many openings are under way, by owner: what the store does not count yet. */
  readonly #opening = new Map<string, number>();
  #openingAll = 0;
  readonly #process: string;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(
    @Inject(SessionStore) private readonly store: SessionStore, @Inject(EventLog) private readonly events: EventLog,
    @Inject(Clock) private readonly clock: Clock, @Inject(Random) private readonly random: Random,
    private readonly settings: Settings, private readonly log: Log,
  ) {
    this.#process = random.bytes(6).toString('base64url');
  }

  onApplicationBootstrap(): void {
    this.#sweeper = setInterval(() => void this.#sweepSafely(), this.settings.sessionSweepSeconds * 1000).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#sweeper);
  }

  /**
   * Opens a session under a fresh id of 192 random bits. Throws `session_limit` when the caller has too many, and
   * `overloaded` when the server has.
   */
  async open(opening: Opening): Promise<Session> {
    const owner = ownerKey(opening.owner);
    const before = this.#opening.get(owner) ?? 0;
    const beforeAll = this.#openingAll++;
    this.#opening.set(owner, before + 1);
    try {
      const retryAfterSeconds = this.settings.sessionSweepSeconds;
      if (await this.store.count(opening.owner) + before >= this.settings.maxSessionsPerCaller) throw fault('session_limit', { retryAfterSeconds });
      if (await this.store.size() + beforeAll >= this.settings.maxSessions) throw fault('overloaded', { retryAfterSeconds });
      return await this.#add(opening);
    } finally {
      this.#openingAll--;
      const left = (this.#opening.get(owner) ?? 1) - 1;
      if (left > 0) this.#opening.set(owner, left);
      else this.#opening.delete(owner);
    }
  }

  async #add(opening: Opening): Promise<Session> {
    const now = this.clock.now();
    const session: Session = {
      ...opening, id: this.random.bytes(24).toString('base64url'),
      createdAt: now, lastActivityAt: now, logLevel: 'info', subscriptions: [],
    };
    if (!await this.store.add(session)) throw fault('internal', { detail: 'session id taken' });
    this.log.info('session.opened', { session: mark(session.id), wire: session.wire, revision: session.revision, client: session.clientInfo?.name });
    return session;
  }

  /** The caller's session. Throws `session_unknown` alike for a missing, ended or foreign one (promise P6). */
  async resolve(id: string, caller: Caller, wire: SessionWire): Promise<Session> {
    const session = await this.store.find(id);
    if (!session || session.wire !== wire || !sameOwner(session.owner, caller)) throw fault('session_unknown');
    if (session.owner !== caller) await this.store.update(id, { owner: caller });
    // Only now: a stranger's requests must not keep it alive.
    return await this.store.find(id, this.clock.now()) ?? session;
  }

  /** Keeps changed members. */
  async update(session: Session, changes: SessionChanges): Promise<void> {
    await this.store.update(session.id, changes);
  }

  /** Ends a session: its calls are cancelled, its streams closed, its logs forgotten. */
  async end(id: string, reason: SessionEnd): Promise<void> {
    if (!await this.store.remove(id)) return;
    await this.#close(id, reason);
    this.log.info('session.ended', { session: mark(id), reason });
  }

  /** Closes what was opened for a session while it ended: whoever ended it did not see that. */
  async endIfGone({ id }: Session): Promise<void> {
    if (!await this.store.find(id)) await this.#close(id, 'client');
  }

  async #close(id: string, reason: SessionEnd): Promise<void> {
    if (reason === 'disconnect') this.#traffic.get(id)?.abandon();
    else this.#traffic.get(id)?.end('session_ended');
    this.#traffic.delete(id);
    const endings = this.#endings.get(id);
    this.#endings.delete(id);
    for (const ending of endings ?? []) ending(reason);
    await this.events.forget(id);
  }

  /** Ends every session that has something open in this process. */
  async endAll(reason: SessionEnd): Promise<void> {
    for (const id of new Set([...this.#traffic.keys(), ...this.#endings.keys()])) await this.end(id, reason);
  }

  /** What runs here for a session; made when first needed. */
  trafficOf(session: Session): Traffic {
    const known = this.#traffic.get(session.id);
    if (known) return known;
    const traffic = new Traffic(() => `${this.#process}-${this.random.bytes(4).toString('base64url')}`);
    this.#traffic.set(session.id, traffic);
    return traffic;
  }

  /** What runs here for a session, if anything does. */
  runningOf(session: Session): Traffic | undefined {
    return this.#traffic.get(session.id);
  }

  /** Lets the traffic of a quiet session go. */
  release(session: Session): void {
    if (this.#traffic.get(session.id)?.idle) this.#traffic.delete(session.id);
  }

  /** Calls back when the session ends, until the returned function is called. */
  onEnd(session: Session, ending: (reason: SessionEnd) => void): () => void {
    const endings = this.#endings.get(session.id) ?? new Set();
    this.#endings.set(session.id, endings);
    endings.add(ending);
    return () => {
      endings.delete(ending);
      if (endings.size === 0 && this.#endings.get(session.id) === endings) this.#endings.delete(session.id);
    };
  }

  /** Ends sessions that idled too long or live too long (R198, R199). */
  async sweep(): Promise<void> {
    const now = this.clock.now();
    const never = 0;
    for (const id of await this.store.expired(never, now - this.settings.sessionMaxSeconds * 1000)) await this.end(id, 'expired');
    for (const id of await this.store.expired(now - this.settings.sessionIdleSeconds * 1000, never)) {
      // A call that runs is activity, whatever its stream does.
      if (this.#traffic.get(id)?.idle !== false) await this.end(id, 'idle');
    }
    await this.events.sweep();
  }

  // The next one may find the store in better health.
  async #sweepSafely(): Promise<void> {
    try {
      await this.sweep();
    } catch (error) {
      this.log.error('session.sweep_failed', { err: error });
    }
  }
}

/** A session id as logs show it: enough to tell two apart, too little to use. */
export function mark(id: string): string {
  return `${id.slice(0, 6)}…`;
}
