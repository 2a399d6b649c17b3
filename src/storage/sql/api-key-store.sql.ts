/** Keys of machines in a database. */
import type { ApiKey, ApiKeyChanges, ApiKeyStore } from '../../auth/api-keys.port.js';
import { changeApiKey, changesRights } from '../records/api-key.js';
import { readBytes, readTexts } from './columns.js';
import type { Database } from './database.js';
import { raiseGeneration } from './revocations.sql.js';
import type { ApiKeyRow } from './schema.js';

export class SqlApiKeyStore implements ApiKeyStore {
  constructor(private readonly db: Database) {}

  async add(key: ApiKey): Promise<boolean> {
    const { numInsertedOrUpdatedRows } = await this.db.insertInto('api_keys').values(toRow(key))
      .onConflict((conflict) => conflict.doNothing()).executeTakeFirstOrThrow();
    return numInsertedOrUpdatedRows === 1n;
  }

  async find(id: string): Promise<ApiKey | undefined> {
    const row = await this.db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toKey(row);
  }

  update(id: string, changes: ApiKeyChanges): Promise<ApiKey | undefined> {
    return this.db.transaction().execute(async (transaction) => {
      // Writes nothing new, but takes the lock of the row on both databases and shows its newest state.
      const row = await transaction.updateTable('api_keys').set((key) => ({ name: key.ref('name') })).where('id', '=', id).returningAll().executeTakeFirst();
      if (!row) return undefined;
      const changed = changeApiKey(toKey(row), changes);
      await transaction.updateTable('api_keys').set(toRow(changed)).where('id', '=', id).execute();
      if (changesRights(changes)) await raiseGeneration(transaction);
      return changed;
    });
  }

  async list(after: string | undefined, limit: number): Promise<ApiKey[]> {
    const page = this.db.selectFrom('api_keys').selectAll().orderBy('id').limit(limit);
    const rows = await (after === undefined ? page : page.where('id', '>', after)).execute();
    return rows.map(toKey);
  }
}

function toRow(key: ApiKey): ApiKeyRow {
  return {
    id: key.id,
    name: key.name,
    secret_hash: key.secretHash,
    previous_hash: key.previousHash ?? null,
    previous_until: key.previousUntil ?? null,
    roles: JSON.stringify(key.roles),
    scopes: JSON.stringify(key.scopes),
    tenant: key.tenant,
    addresses: JSON.stringify(key.addresses),
    created_at: key.createdAt,
    expires_at: key.expiresAt ?? null,
    revoked_at: key.revokedAt ?? null,
    last_used_at: key.lastUsedAt ?? null,
  };
}

function toKey(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    name: row.name,
    secretHash: readBytes(row.secret_hash),
    previousHash: row.previous_hash ? readBytes(row.previous_hash) : undefined,
    previousUntil: row.previous_until ?? undefined,
    roles: readTexts(row.roles),
    scopes: readTexts(row.scopes),
    tenant: row.tenant,
    addresses: readTexts(row.addresses),
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}
