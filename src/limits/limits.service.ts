/** Who may have how much: by network before anybody is known, by person, tool and tenant once they are (R39–R47). */
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Log } from '../observability/log.js';
import type { Caller } from '../protocol/caller.js';
import { fault } from '../protocol/faults.js';
import { networkOf } from './network.js';
import { quotaHeaders, secondsUntil } from './quota-headers.js';
import { RateCounter, type RateRule } from './rate-counter.port.js';
import { Slots, type SlotRule } from './slots.port.js';

/** What is counted by the network it comes from: each by itself. */
export type Visit = 'stream_open' | 'admin';

/** Who opens a stream. */
export interface StreamOpening {
  /** Where from, as a text of {@link networkOf} or an address. */
  address: string;
  caller: Caller;
  /** Called once where a later stream of the same person took the place of this one. */
  whenLost(): void;
}

const MINUTE_MS = 60_000;

@Injectable()
export class Limits {
  readonly #visits: RateRule | undefined;
  readonly #byAddress: SlotRule;
  readonly #byUser: SlotRule;
  readonly #calls: readonly (readonly [RateRule, (caller: Caller, tool: string) => string])[];

  constructor(
    @Inject(RateCounter) private readonly rates: RateCounter, @Inject(Slots) private readonly slots: Slots,
    settings: Settings, private readonly log: Log,
  ) {
    const { visitsPerAddress, visitWindowSeconds, maxStreamsPerAddress, maxStreamsPerUser, streamsPerUserPolicy } = settings;
    this.#visits = visitsPerAddress === 0 ? undefined : { name: 'visits', most: visitsPerAddress, windowMs: visitWindowSeconds * 1000 };
    this.#byAddress = { name: 'streams_by_address', most: maxStreamsPerAddress, whenFull: 'reject' };
    this.#byUser = { name: 'streams_by_user', most: maxStreamsPerUser, whenFull: streamsPerUserPolicy };
    const rules: [name: string, most: number, keyOf: (caller: Caller, tool: string) => string][] = [
      ['calls_by_caller', settings.callsPerMinutePerCaller, ({ issuer, subject }) => JSON.stringify([issuer, subject])],
      ['calls_by_tool', settings.callsPerMinutePerTool, (_caller, tool) => tool],
      ['calls_by_tenant', settings.callsPerMinutePerTenant, ({ tenant }) => tenant],
      ['calls', settings.callsPerMinute, () => 'all'],
    ];
    this.#calls = rules.filter(([, most]) => most > 0).map(([name, most, keyOf]) => [{ name, most, windowMs: MINUTE_MS }, keyOf]);
  }

  /** Counts a visit and gives the headers that tell of the quota. Throws `visits_too_many`. */
  async visit(what: Visit, address: string): Promise<string[]> {
    if (!this.#visits) return [];
    const rule = { ...this.#visits, name: what };
    const taken = await this.rates.take(rule, networkOf(address));
    if (taken.taken) return quotaHeaders(rule, taken);
    this.log.warn('limit.reached', { rule: what, address });
    throw fault('visits_too_many', { retryAfterSeconds: secondsUntil(taken.resetMs), headers: quotaHeaders(rule, taken) });
  }

  /**
   * Holds the places of a stream until the returned function is called. Throws `streams_too_many` where the network, or
   * under the policy `reject` the person, has all it may have (R43, R44, R46, R47).
   */
  async holdStream({ address, caller, whenLost }: StreamOpening): Promise<() => void> {
    const network = networkOf(address);
    const leaveAddress = await this.#hold(this.#byAddress, network, { address }, whenLost);
    // Without sign-in nobody can be told from anybody: the address alone counts.
    if (caller.kind === 'anonymous') return leaveAddress;
    try {
      const leaveUser = await this.#hold(this.#byUser, JSON.stringify([caller.issuer, caller.subject]), { subject: caller.subject }, () => {
        this.log.info('stream.evicted', { subject: caller.subject });
        whenLost();
      });
      return () => {
        leaveUser();
        leaveAddress();
      };
    } catch (error) {
      leaveAddress();
      throw error;
    }
  }

  /** Whether calls are counted at all: where nothing limits them, they need not wait for it. */
  get countsCalls(): boolean {
    return this.#calls.length > 0;
  }

  /** Counts calls by caller, tool, tenant and all together, where such limits are set. Throws `calls_too_often`. */
  async calls(caller: Caller, tools: readonly string[]): Promise<void> {
    for (const tool of tools) {
      for (const [rule, keyOf] of this.#calls) {
        const taken = await this.rates.take(rule, keyOf(caller, tool));
        if (taken.taken) continue;
        this.log.warn('limit.reached', { rule: rule.name, subject: caller.subject, tool });
        throw fault('calls_too_often', { retryAfterSeconds: secondsUntil(taken.resetMs), headers: quotaHeaders(rule, taken) });
      }
    }
  }

  async #hold(rule: SlotRule, key: string, who: Record<string, string>, whenLost: () => void): Promise<() => void> {
    if (rule.most === 0) return () => undefined;
    const leave = await this.slots.take(rule, key, whenLost);
    if (leave) return leave;
    this.log.warn('limit.reached', { rule: rule.name, ...who });
    throw fault('streams_too_many', { say: `Connection limit exceeded: maximum ${rule.most} streams ${rule === this.#byAddress ? 'per address' : 'per user'}`, retryAfterSeconds: 5 });
  }
}
