/**
 * The tables as the newest migration leaves them. Both databases give the same types: flags are 0 or 1, times are
 * milliseconds since the epoch, lists and objects are JSON text, because PostgreSQL's own JSON types refuse `\u0000`.
 */

/** All tables by name. */
export interface Tables {
  users: UserRow;
  identities: IdentityRow;
  api_keys: ApiKeyRow;
  oidc_models: OidcModelRow;
  vault: VaultRow;
  revoked_grants: RevokedGrantRow;
  counters: CounterRow;
}

export interface UserRow {
  id: string;
  login: string;
  /** The login as it is compared. */
  login_key: string;
  display_name: string;
  password_hash: string | null;
  password_expired: number;
  roles: string;
  tenant: string;
  disabled: number;
  epoch: number;
  created_at: number;
  sign_ins_since: number;
}

export interface IdentityRow {
  issuer: string;
  subject: string;
  user_id: string;
}

export interface ApiKeyRow {
  id: string;
  name: string;
  secret_hash: Uint8Array;
  previous_hash: Uint8Array | null;
  previous_until: number | null;
  roles: string;
  scopes: string;
  tenant: string;
  addresses: string;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
}

export interface OidcModelRow {
  model: string;
  id: string;
  payload: string;
  grant_id: string | null;
  uid: string | null;
  user_code: string | null;
  /** `accountId` of the payload. */
  account_id: string | null;
  consumed_at: number | null;
  expires_at: number | null;
  created_at: number;
}

export interface VaultRow {
  name: string;
  sealed: Uint8Array;
}

export interface RevokedGrantRow {
  grant_id: string;
  until: number;
}

export interface CounterRow {
  name: string;
  value: number;
}
