/** Schema 1: people, keys of machines, what the authorization server keeps, secrets, revocations. */
import { sql } from 'kysely';
import type { Migration } from './migration.js';

/** The first tables. */
export const whoMayComeIn: Migration = {
  version: 1,
  about: 'people, keys, grants, secrets, revocations',

  async up(db, { bytes, text, whole }) {
    await db.schema.createTable('users')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('login', text, (column) => column.notNull())
      .addColumn('login_key', text, (column) => column.notNull().unique())
      .addColumn('display_name', text, (column) => column.notNull())
      .addColumn('password_hash', text)
      .addColumn('password_expired', whole, (column) => column.notNull())
      .addColumn('roles', text, (column) => column.notNull())
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('disabled', whole, (column) => column.notNull())
      .addColumn('epoch', whole, (column) => column.notNull())
      .addColumn('created_at', whole, (column) => column.notNull())
      .execute();

    await db.schema.createTable('identities')
      .addColumn('issuer', text, (column) => column.notNull())
      .addColumn('subject', text, (column) => column.notNull())
      .addColumn('user_id', text, (column) => column.notNull().references('users.id').onDelete('cascade'))
      .addPrimaryKeyConstraint('identities_primary', ['issuer', 'subject'])
      .execute();
    await db.schema.createIndex('identities_by_user').on('identities').column('user_id').execute();

    await db.schema.createTable('api_keys')
      .addColumn('id', text, (column) => column.primaryKey())
      .addColumn('name', text, (column) => column.notNull())
      .addColumn('secret_hash', bytes, (column) => column.notNull())
      .addColumn('previous_hash', bytes)
      .addColumn('previous_until', whole)
      .addColumn('roles', text, (column) => column.notNull())
      .addColumn('scopes', text, (column) => column.notNull())
      .addColumn('tenant', text, (column) => column.notNull())
      .addColumn('addresses', text, (column) => column.notNull())
      .addColumn('created_at', whole, (column) => column.notNull())
      .addColumn('expires_at', whole)
      .addColumn('revoked_at', whole)
      .addColumn('last_used_at', whole)
      .execute();

    await db.schema.createTable('oidc_models')
      .addColumn('model', text, (column) => column.notNull())
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('payload', text, (column) => column.notNull())
      .addColumn('grant_id', text)
      .addColumn('uid', text)
      .addColumn('user_code', text)
      .addColumn('account_id', text)
      .addColumn('consumed_at', whole)
      .addColumn('expires_at', whole)
      .addColumn('created_at', whole, (column) => column.notNull())
      .addPrimaryKeyConstraint('oidc_models_primary', ['model', 'id'])
      .execute();
    for (const column of ['grant_id', 'uid', 'user_code', 'account_id', 'expires_at']) {
      // Partial: most rows have no user code, and clients never expire.
      await db.schema.createIndex(`oidc_models_by_${column}`).on('oidc_models').column(column)
        .where(sql.ref(column), 'is not', null).execute();
    }

    await db.schema.createTable('vault')
      .addColumn('name', text, (column) => column.primaryKey())
      .addColumn('sealed', bytes, (column) => column.notNull())
      .execute();

    await db.schema.createTable('revoked_grants')
      .addColumn('grant_id', text, (column) => column.primaryKey())
      .addColumn('until', whole, (column) => column.notNull())
      .execute();
    await db.schema.createIndex('revoked_grants_by_until').on('revoked_grants').column('until').execute();

    await db.schema.createTable('counters')
      .addColumn('name', text, (column) => column.primaryKey())
      .addColumn('value', whole, (column) => column.notNull())
      .execute();
    await sql`insert into counters (name, value) values ('rights', 1)`.execute(db);
  },
};
