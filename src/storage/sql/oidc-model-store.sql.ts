/** What the authorization server keeps, in a database. */
import type { OidcModel, OidcModelStore } from '../../auth/oidc-models.port.js';
import type { Clock } from '../../protocol/clock.js';
import { stringAt } from '../../protocol/json.js';
import { readObject } from './columns.js';
import type { Database } from './database.js';
import type { OidcModelRow } from './schema.js';

// Expired rows go in batches: no statement holds the database for long.
const PURGED_AT_ONCE = 500;

export class SqlOidcModelStore implements OidcModelStore {
  constructor(private readonly db: Database, private readonly clock: Clock) {}

  async upsert(model: OidcModel): Promise<void> {
    const row = toRow(model, this.clock.now());
    const { account_id, expires_at, grant_id, payload, uid, user_code } = row;
    await this.db.insertInto('oidc_models').values(row)
      .onConflict((conflict) => conflict.columns(['model', 'id']).doUpdateSet({ account_id, expires_at, grant_id, payload, uid, user_code }))
      .execute();
  }

  async find(model: string, id: string): Promise<OidcModel | undefined> {
    const row = await this.#alive(model).where('id', '=', id).executeTakeFirst();
    return row && toModel(row);
  }

  async findByUid(model: string, uid: string): Promise<OidcModel | undefined> {
    const row = await this.#newest(model).where('uid', '=', uid).executeTakeFirst();
    return row && toModel(row);
  }

  async findByUserCode(model: string, userCode: string): Promise<OidcModel | undefined> {
    const row = await this.#newest(model).where('user_code', '=', userCode).executeTakeFirst();
    return row && toModel(row);
  }

  async consume(model: string, id: string, at: number): Promise<boolean> {
    const { numUpdatedRows } = await this.db.updateTable('oidc_models').set({ consumed_at: at })
      .where('model', '=', model).where('id', '=', id).where('consumed_at', 'is', null)
      .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', at)]))
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  }

  async destroy(model: string, id: string): Promise<void> {
    await this.db.deleteFrom('oidc_models').where('model', '=', model).where('id', '=', id).execute();
  }

  async revokeByGrantId(grantId: string): Promise<number> {
    const { numDeletedRows } = await this.db.deleteFrom('oidc_models').where('grant_id', '=', grantId).executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }

  async grantsOf(accountId: string): Promise<OidcModel[]> {
    const rows = await this.#newest('Grant').where('account_id', '=', accountId).execute();
    return rows.map(toModel);
  }

  async clients(after: string | undefined, limit: number): Promise<OidcModel[]> {
    const page = this.#alive('Client').orderBy('id').limit(limit);
    const rows = await (after === undefined ? page : page.where('id', '>', after)).execute();
    return rows.map(toModel);
  }

  async purge(now: number): Promise<number> {
    for (let purged = 0; ;) {
      const { numDeletedRows } = await this.db.deleteFrom('oidc_models')
        .where((row) => row(row.refTuple('model', 'id'), 'in', row.selectFrom('oidc_models').select(['model', 'id'])
          .where('expires_at', '<=', now).limit(PURGED_AT_ONCE).$asTuple('model', 'id')))
        .executeTakeFirstOrThrow();
      purged += Number(numDeletedRows);
      if (numDeletedRows < PURGED_AT_ONCE) return purged;
    }
  }

  #alive(model: string) {
    return this.db.selectFrom('oidc_models').selectAll().where('model', '=', model)
      .where((row) => row.or([row('expires_at', 'is', null), row('expires_at', '>', this.clock.now())]));
  }

  #newest(model: string) {
    return this.#alive(model).orderBy('created_at', 'desc').orderBy('id');
  }
}

function toRow(model: OidcModel, now: number): OidcModelRow {
  return {
    model: model.model,
    id: model.id,
    payload: JSON.stringify(model.payload),
    grant_id: model.grantId ?? null,
    uid: model.uid ?? null,
    user_code: model.userCode ?? null,
    account_id: stringAt(model.payload, 'accountId') ?? null,
    consumed_at: model.consumedAt ?? null,
    expires_at: model.expiresAt ?? null,
    created_at: now,
  };
}

function toModel(row: OidcModelRow): OidcModel {
  return {
    model: row.model,
    id: row.id,
    payload: readObject(row.payload),
    grantId: row.grant_id ?? undefined,
    uid: row.uid ?? undefined,
    userCode: row.user_code ?? undefined,
    consumedAt: row.consumed_at ?? undefined,
    expiresAt: row.expires_at ?? undefined,
  };
}
