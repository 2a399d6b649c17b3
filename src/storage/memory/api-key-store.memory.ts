/** Keys of machines in this process: for tests, and for servers that keep nothing. */
import type { ApiKey, ApiKeyChanges, ApiKeyStore } from '../../auth/api-keys.port.js';
import type { Revocations } from '../../auth/revocations.port.js';
import { changeApiKey, changesRights } from '../records/api-key.js';
import { byCodePoints } from './order.js';

export class MemoryApiKeyStore implements ApiKeyStore {
  readonly #keys = new Map<string, ApiKey>();

  constructor(private readonly rights: Pick<Revocations, 'touch'>) {}

  async add(key: ApiKey): Promise<boolean> {
    if (this.#keys.has(key.id)) return false;
    this.#keys.set(key.id, structuredClone(key));
    return true;
  }

  async find(id: string): Promise<ApiKey | undefined> {
    return structuredClone(this.#keys.get(id));
  }

  async update(id: string, changes: ApiKeyChanges): Promise<ApiKey | undefined> {
    const key = this.#keys.get(id);
    if (!key) return undefined;
    const changed = structuredClone(changeApiKey(key, changes));
    this.#keys.set(id, changed);
    if (changesRights(changes)) await this.rights.touch();
    return structuredClone(changed);
  }

  async list(after: string | undefined, limit: number): Promise<ApiKey[]> {
    return [...this.#keys.values()]
      .filter(({ id }) => after === undefined || byCodePoints(id, after) > 0)
      .toSorted((one, other) => byCodePoints(one.id, other.id))
      .slice(0, limit).map((key) => structuredClone(key));
  }
}
