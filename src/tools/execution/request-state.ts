/**
 * Seals what a multi-round call has learned so far into the opaque `requestState` that travels through the client
 * (2026-07-28 MRTR, "Server Requirements"): encrypted, bound to caller, request and expiry, good for one use.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';
import { fault, type Fault } from '../../protocol/faults.js';
import type { Clock, Random } from '../../protocol/clock.js';
import { ownerKey, type Caller } from '../../protocol/caller.js';
import { canonicalJson, isObject, objectAt } from '../../protocol/json.js';
import type { JsonObject, JsonValue } from '../../protocol/message.js';
import { Redeemed } from './redeemed.js';

/** What rounds so far have yielded. */
export interface RoundState {
  /** Replies of the client by question key. */
  answers: JsonObject;
  /** Results of finished steps by name. */
  steps: JsonObject;
}

/** What a state is good for: this caller, this request, these arguments. */
export interface StateBinding {
  caller: Caller;
  method: string;
  /** The tool's or prompt's name, or the resource's URI. */
  target: string;
  arguments: JsonValue | undefined;
}

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MAX_SEALED = 256 * 1024;
const MAX_REMEMBERED = 200_000;

export class RequestStates {
  readonly #keys: Buffer[];
  readonly #redeemed = new Redeemed(MAX_REMEMBERED);

  /** @param secrets the current secret first, then those still accepted during rotation. */
  constructor(secrets: readonly string[], private readonly ttlMs: number, private readonly clock: Clock, private readonly random: Random) {
    this.#keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', 'gatehouse request state', 32)));
  }

  /** Throws `output_unusable` when the rounds hold more than fits into a request. */
  seal(binding: StateBinding, state: RoundState): string {
    const key = this.#keys[0];
    if (!key) throw fault('internal', { detail: 'no request state key' });
    const iv = this.random.bytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, iv);
    cipher.setAAD(associatedData(binding));
    const content = JSON.stringify({ id: this.random.bytes(12).toString('base64url'), expires: this.clock.now() + this.ttlMs, ...state });
    const sealed = Buffer.concat([Buffer.of(VERSION), iv, cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    if (sealed.length > MAX_SEALED) throw fault('output_unusable', { say: 'The steps of this call hold more than a requestState can carry' });
    return sealed.toString('base64url');
  }

  /** Redeems a state. Throws `state_refused` for one that is changed, expired, foreign, of another request, or used. */
  open(binding: StateBinding, text: string): RoundState {
    const content = this.#decrypt(binding, text);
    const { id, expires } = content;
    if (typeof id !== 'string' || typeof expires !== 'number') throw refused('malformed');
    const now = this.clock.now();
    if (expires <= now) throw refused('expired');
    this.#redeemed.redeem(id, expires, now);
    return { answers: objectAt(content, 'answers') ?? {}, steps: objectAt(content, 'steps') ?? {} };
  }

  #decrypt(binding: StateBinding, text: string): JsonObject {
    const sealed = Buffer.from(text, 'base64url');
    if (text.length > MAX_SEALED * 2 || sealed[0] !== VERSION || sealed.length < 1 + IV_BYTES + TAG_BYTES) throw refused('malformed');
    // Node's decoder forgives foreign characters; a state is taken only as it was given.
    if (sealed.toString('base64url') !== text) throw refused('malformed');
    for (const key of this.#keys) {
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + IV_BYTES));
        decipher.setAAD(associatedData(binding));
        decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
        const plain = Buffer.concat([decipher.update(sealed.subarray(1 + IV_BYTES, -TAG_BYTES)), decipher.final()]);
        const content: unknown = JSON.parse(plain.toString('utf8'));
        if (isObject(content)) return content;
      } catch {
        // Not this key, or not ours at all: the next key decides.
      }
    }
    throw refused('unauthentic');
  }
}

function refused(why: string): Fault {
  return fault('state_refused', { detail: why });
}

function associatedData({ caller, method, target, arguments: args }: StateBinding): Buffer {
  const digest = createHash('sha256').update(canonicalJson(args)).digest('base64url');
  return Buffer.from(JSON.stringify([ownerKey(caller), method, target, digest]));
}
