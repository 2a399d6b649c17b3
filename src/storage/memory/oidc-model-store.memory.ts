/** What the authorization server keeps, in this process: for tests, and for servers that keep nothing. */
import type { OidcModel, OidcModelStore } from '../../auth/oidc-models.port.js';
import type { Clock } from '../../protocol/clock.js';
import { byCodePoints } from './order.js';

interface Entry {
  kept: OidcModel;
  createdAt: number;
}

export class MemoryOidcModelStore implements OidcModelStore {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly clock: Clock) {}

  async upsert(model: OidcModel): Promise<void> {
    const there = this.#entries.get(keyOf(model.model, model.id));
    this.#entries.set(keyOf(model.model, model.id), {
      kept: structuredClone(there ? { ...model, consumedAt: there.kept.consumedAt } : model),
      createdAt: there?.createdAt ?? this.clock.now(),
    });
  }

  async find(model: string, id: string): Promise<OidcModel | undefined> {
    const entry = this.#entries.get(keyOf(model, id));
    return entry && isAlive(entry.kept, this.clock.now()) ? structuredClone(entry.kept) : undefined;
  }

  async findByUid(model: string, uid: string): Promise<OidcModel | undefined> {
    return this.#newest((kept) => kept.model === model && kept.uid === uid)[0];
  }

  async findByUserCode(model: string, userCode: string): Promise<OidcModel | undefined> {
    return this.#newest((kept) => kept.model === model && kept.userCode === userCode)[0];
  }

  async consume(model: string, id: string, at: number): Promise<boolean> {
    const entry = this.#entries.get(keyOf(model, id));
    if (!entry || entry.kept.consumedAt !== undefined || !isAlive(entry.kept, at)) return false;
    entry.kept = { ...entry.kept, consumedAt: at };
    return true;
  }

  async destroy(model: string, id: string): Promise<void> {
    this.#entries.delete(keyOf(model, id));
  }

  async revokeByGrantId(grantId: string): Promise<number> {
    return this.#removeWhere((kept) => kept.grantId === grantId);
  }

  async grantsOf(accountId: string): Promise<OidcModel[]> {
    return this.#newest(({ model, payload }) => model === 'Grant' && payload['accountId'] === accountId);
  }

  async clients(after: string | undefined, limit: number): Promise<OidcModel[]> {
    return this.#newest(({ id, model }) => model === 'Client' && (after === undefined || byCodePoints(id, after) > 0))
      .toSorted((one, other) => byCodePoints(one.id, other.id)).slice(0, limit);
  }

  async purge(now: number): Promise<number> {
    return this.#removeWhere((kept) => !isAlive(kept, now));
  }

  #newest(wanted: (kept: OidcModel) => boolean): OidcModel[] {
    const now = this.clock.now();
    return [...this.#entries.values()].filter(({ kept }) => wanted(kept) && isAlive(kept, now))
      .toSorted((one, other) => other.createdAt - one.createdAt || byCodePoints(one.kept.id, other.kept.id))
      .map(({ kept }) => structuredClone(kept));
  }

  #removeWhere(unwanted: (kept: OidcModel) => boolean): number {
    const keys = [...this.#entries].filter(([, { kept }]) => unwanted(kept)).map(([key]) => key);
    for (const key of keys) this.#entries.delete(key);
    return keys.length;
  }
}

function isAlive({ expiresAt }: OidcModel, now: number): boolean {
  return expiresAt === undefined || expiresAt > now;
}

function keyOf(model: string, id: string): string {
  return JSON.stringify([model, id]);
}
