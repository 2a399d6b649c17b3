/** A door in this process, over stores in memory and a clock of the test's own. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import { ApiKeys } from '../../src/auth/api-keys.service.js';
import { CredentialJudge } from '../../src/auth/credentials/credential-judge.js';
import { GuessBrake } from '../../src/auth/credentials/guess-brake.js';
import { KeyStrategy } from '../../src/auth/credentials/key.strategy.js';
import { Proofs } from '../../src/auth/credentials/proofs.js';
import { RevocationWatch } from '../../src/auth/credentials/revocation-watch.js';
import { StaticKeys } from '../../src/auth/credentials/static-keys.js';
import { CredentialDoor } from '../../src/auth/door.service.js';
import { fault } from '../../src/protocol/faults.js';
import type { Revocations } from '../../src/auth/revocations.port.js';
import { settingsFrom } from '../../src/config/load.js';
import type { Settings } from '../../src/config/settings.js';
import { openLog } from '../../src/observability/log.js';
import { Fault } from '../../src/protocol/faults.js';
import type { Caller } from '../../src/protocol/caller.js';
import { MemoryApiKeyStore } from '../../src/storage/memory/api-key-store.memory.js';
import { MemoryRevocations } from '../../src/storage/memory/revocations.memory.js';
import { MemoryUserStore } from '../../src/storage/memory/user-store.memory.js';
import { MemoryVault } from '../../src/storage/memory/vault.memory.js';
import { Sealer } from '../../src/storage/records/sealer.js';
import { aSigningKey, TokenMint, type MintKey } from './token-mint.js';

/** The address of the server under test. */
export const PUBLIC = 'https://gate.example';

/** What a request may differ in. */
export interface Asking {
  authorization?: string;
  headers?: Record<string, string>;
  url?: string;
  method?: string;
  address?: string;
}

/** A request, as Node hands it to the door. */
export function aRequest({ authorization, headers = {}, url = '/mcp', method = 'POST', address = '203.0.113.7' }: Asking = {}): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  const all = { host: 'gate.example', ...headers, ...(authorization === undefined ? {} : { authorization }) };
  return Object.assign(new IncomingMessage(socket), { url, method, headers: all });
}

export class DoorBench {
  /** Milliseconds since the epoch; tests move it. */
  time = Date.now();
  readonly clock = { now: (): number => this.time };
  readonly random = { bytes: (count: number): Buffer => randomBytes(count) };
  readonly signingKeys: MintKey[];
  readonly mint: TokenMint;
  readonly revocations: Revocations;
  readonly users: MemoryUserStore;
  readonly keyStore: MemoryApiKeyStore;
  readonly apiKeys: ApiKeys;
  readonly watch: RevocationWatch;
  readonly door: CredentialDoor;
  readonly settings: Settings;
  readonly hints: { subject: string; client: string; scopes: readonly string[] }[] = [];
  /** Clients of the operator. */
  readonly machines = new Map<string, { roles: readonly string[]; tenant: string }>();

  constructor(settings: Record<string, unknown> = {}, { key = aSigningKey('key-1'), log = openLog('silent', false) } = {}) {
    this.settings = settingsFrom({ authMode: 'embedded', publicUrl: PUBLIC, revocationCheckMs: 0, ...settings });
    this.signingKeys = [key];
    this.mint = new TokenMint(PUBLIC, `${PUBLIC}/mcp`, key, this.clock.now);
    this.revocations = new MemoryRevocations(this.clock);
    this.users = new MemoryUserStore(this.revocations);
    this.keyStore = new MemoryApiKeyStore(this.revocations);
    const vault = new MemoryVault(new Sealer({ current: 'x'.repeat(40), previous: undefined }, this.random));
    this.apiKeys = new ApiKeys(this.keyStore, vault, this.revocations, this.clock, this.random, log);
    this.watch = new RevocationWatch(this.revocations, this.settings, log);
    const staticKeys = new StaticKeys(this.settings, this.random);
    const judge = new CredentialJudge({
      settings: this.settings, staticKeys, users: this.users, revocations: this.revocations, clock: this.clock,
      signingKeys: { publicKeys: () => this.signingKeys }, machines: { find: async (id) => this.machines.get(id) },
      keyStrategy: new KeyStrategy(staticKeys, this.apiKeys, new GuessBrake(this.clock)),
    });
    this.door = new CredentialDoor({
      judge, keys: this.apiKeys, tickets: { redeem: () => Promise.reject(fault('token_invalid')) }, watch: this.watch, settings: this.settings, clock: this.clock, log, proofs: new Proofs(this.settings, this.clock),
      hints: { remember: (subject, client, scopes) => void this.hints.push({ subject, client, scopes }) },
    });
  }

  /** Somebody who may sign in. */
  async person(id = 'anna', roles: readonly string[] = ['developer']): Promise<void> {
    await this.users.add({
      id, login: id, displayName: id, passwordHash: undefined, passwordExpired: false, roles, tenant: 'default', disabled: false, epoch: 0, signInsSince: 0, createdAt: this.time,
    });
  }

  admit(asking: Asking): Promise<Caller> {
    return Promise.resolve().then(() => this.door.admit(aRequest(asking)));
  }

  bearer(token: string): Promise<Caller> {
    return this.admit({ authorization: `Bearer ${token}` });
  }

  /** The fault a credential meets; `admitted` where it meets none. */
  async refusal(asking: Asking): Promise<string> {
    return this.fault(asking).then((raised) => raised?.fault ?? 'admitted');
  }

  async fault(asking: Asking): Promise<Fault | undefined> {
    try {
      await this.admit(asking);
      return undefined;
    } catch (error) {
      if (error instanceof Fault) return error;
      throw error;
    }
  }

  refusalOf(token: string): Promise<string> {
    return this.refusal({ authorization: `Bearer ${token}` });
  }
}
