/** The door: finds the credential of a request, remembers verdicts about it, and has it judged where there is none. */
import type { IncomingMessage } from 'node:http';
import { Settings } from '../config/settings.js';
import { Log } from '../observability/log.js';
import { anonymous, type Caller } from '../protocol/caller.js';
import type { Clock } from '../protocol/clock.js';
import { asFault, Fault, fault } from '../protocol/faults.js';
import type { ApiKeys } from './api-keys.service.js';
import { bearerChallenge, isChallenged, proofChallenge } from './credentials/challenge.js';
import { clientAddress, isWithin } from '../limits/client-address.js';
import { CredentialCache } from './credentials/credential-cache.js';
import type { CredentialJudge } from './credentials/credential-judge.js';
import { presentedIn, type Presented } from './credentials/presented.js';
import type { Proofs } from './credentials/proofs.js';
import type { RevocationWatch } from './credentials/revocation-watch.js';
import type { Verified } from './credentials/verified.js';
import type { Door } from './door.port.js';
import { Guests } from './guests.js';
import { resourceAt } from './resource.js';
import type { StepUpHints } from './step-up-hints.port.js';
import type { StreamTickets } from './stream-tickets.js';

/** What the door is made of. */
export interface DoorParts {
  judge: CredentialJudge;
  keys: Pick<ApiKeys, 'used'>;
  proofs: Proofs;
  tickets: Pick<StreamTickets, 'redeem'>;
  watch: RevocationWatch;
  hints: StepUpHints;
  settings: Settings;
  clock: Clock;
  log: Log;
}

const OUTAGE_NOTE_MS = 10_000;

export class CredentialDoor implements Door {
  readonly #cache: CredentialCache;
  readonly #guests: Guests;
  /** Credentials being judged at this moment: many requests with a new one wait for one verdict. */
  readonly #judging = new Map<string, Promise<Verified>>();

  /** Streams that a ticket opened, and the request whose credential stands behind it. */
  readonly #ticketed = new WeakMap<IncomingMessage, IncomingMessage>();
  /** Requests whose proof has been seen: asked about again while their stream is open, they have no second one. */
  readonly #proven = new WeakSet<IncomingMessage>();
  #outageNotedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: DoorParts) {
    const { settings, watch } = parts;
    this.#cache = new CredentialCache({ entries: settings.credentialCacheSize, ageMs: settings.credentialCacheSeconds * 1000 });
    this.#guests = new Guests(settings);
    watch.onChange(() => this.#cache.clear());
  }

  admit(request: IncomingMessage): Caller | Promise<Caller> {
    const { settings, watch } = this.parts;
    if (settings.authMode === 'none') return anonymous;
    const source = settings.streamTickets ? this.#ticketed.get(request) : undefined;
    // A ticket is no better than its credential: that one is judged, with everything that limits it.
    if (source) return this.admit(source);
    const presented = this.#read(request);
    if (!presented) return this.#guests.of(request);
    const key = CredentialCache.keyOf(presented.text);
    const known = watch.isFresh ? this.#remembered(key) : undefined;
    // A bound token needs a look at the proof of this very request.
    if (known && known.proofKey === undefined) return this.#accept(known, presented);
    return this.#admit(request, presented, key);
  }

  async admitStream(request: IncomingMessage, ticket: string | undefined, route: string): Promise<Caller> {
    if (ticket === undefined) return this.admit(request);
    try {
      const { caller, source } = await this.parts.tickets.redeem(ticket, route);
      this.#ticketed.set(request, source);
      return caller;
    } catch (error) {
      throw this.#noted(error, clientAddress(request, this.parts.settings));
    }
  }

  headersFor(refusal: Fault, request: IncomingMessage): string[] {
    const { settings } = this.parts;
    if (settings.authMode === 'none' || !isChallenged(refusal)) return [];
    if (refusal.fault === 'scope_insufficient') this.#hint(refusal, request);
    const { metadataUrl } = resourceAt(request.url ?? '', settings);
    const bearer = bearerChallenge(refusal, { metadataUrl, baseline: settings.baselineScopes, explained: false });
    const isBound = /^dpop /i.test(request.headers.authorization ?? '');
    return ['WWW-Authenticate', bearer, ...(isBound ? ['WWW-Authenticate', proofChallenge(refusal)] : [])];
  }

  challengeText(refusal: Fault): string | undefined {
    const { settings } = this.parts;
    if (settings.authMode === 'none' || !isChallenged(refusal)) return undefined;
    const { metadataUrl } = resourceAt(settings.mcpPath, settings);
    return bearerChallenge(refusal, { metadataUrl, baseline: settings.baselineScopes, explained: true });
  }

  #read(request: IncomingMessage): Presented | undefined {
    try {
      const presented = presentedIn(request, this.parts.settings);
      if (presented || this.parts.settings.guests) return presented;
    } catch (error) {
      throw this.#noted(error, clientAddress(request, this.parts.settings));
    }
    throw fault('token_missing', { data: { message: 'No valid token was provided' } });
  }

  async #admit(request: IncomingMessage, presented: Presented, key: string): Promise<Caller> {
    const { watch, proofs } = this.parts;
    try {
      if (!watch.isFresh) await watch.check();
      const verified = this.#remembered(key) ?? await this.#judged(presented, key);
      if (verified.proofKey !== undefined && presented.scheme === 'dpop' && !this.#proven.has(request)) {
        await proofs.check(request, presented.text, verified.proofKey);
        this.#proven.add(request);
      }
      return this.#accept(verified, presented);
    } catch (error) {
      throw this.#noted(error, presented.address);
    }
  }

  #remembered(key: string): Verified | undefined {
    return this.#cache.find(key, this.parts.watch.generation, this.parts.clock.now());
  }

  #judged(presented: Presented, key: string): Promise<Verified> {
    // Not shared between addresses: a key may be good from one and not from another.
    const id = `${presented.scheme} ${presented.address} ${key}`;
    const running = this.#judging.get(id);
    if (running) return running;
    const { judge, watch, clock } = this.parts;
    const { generation } = watch;
    const judging = judge.judge(presented).then((verified) => {
      this.#cache.add(key, verified, generation, clock.now());
      return verified;
    }).finally(() => this.#judging.delete(id));
    this.#judging.set(id, judging);
    return judging;
  }

  /** What must hold for this request, whenever the credential was verified. */
  #accept({ kind, caller, proofKey, addresses, keyId }: Verified, { scheme, address }: Presented): Caller {
    // Bound tokens are no bearer tokens, and unbound ones prove nothing (RFC 9449 §7.1); tokens are no keys.
    if ((scheme === 'dpop') !== (proofKey !== undefined) || (scheme === 'key' && kind !== 'key')) {
      throw fault('token_invalid', { challenge: { error: 'invalid_token' }, detail: { reason: 'the scheme does not fit the credential' } });
    }
    if (!isWithin(addresses, address)) throw fault('access_denied', { detail: { key: keyId, address } });
    if (keyId !== undefined) this.parts.keys.used(keyId);
    return caller;
  }

  #hint(refusal: Fault, request: IncomingMessage): void {
    const scopes = refusal.challenge?.scope?.split(' ') ?? [];
    const presented = presentedIn(request, this.parts.settings);
    const caller = presented && this.#remembered(CredentialCache.keyOf(presented.text))?.caller;
    if (caller?.kind === 'user' && scopes.length > 0) this.parts.hints.remember(caller.subject, caller.client, scopes);
  }

  /** The refusal, written down: the reason is for the log, and the credential for nobody. */
  #noted(error: unknown, address: string): Fault {
    const refusal = asFault(error);
    // Who judges is away for everybody at once: one line in a while says so (reliability row J4).
    if (refusal.row.http >= 500) {
      if (performance.now() - this.#outageNotedAt < OUTAGE_NOTE_MS) return refusal;
      this.#outageNotedAt = performance.now();
    }
    this.parts.log[refusal.row.log]('credential.refused', { fault: refusal.fault, address, ...reasonOf(refusal), err: refusal.cause });
    return refusal;
  }
}

function reasonOf({ detail }: Fault): Record<string, unknown> {
  return typeof detail === 'object' && detail !== null ? { ...detail } : {};
}
