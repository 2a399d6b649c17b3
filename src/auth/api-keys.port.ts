/** Keys of machines. Only a keyed hash of the secret is kept; the secret is shown once. */

/** Times are in milliseconds since the epoch. */
export interface ApiKey {
  /** Public; part of the key, so that it can be found. */
  readonly id: string;
  readonly name: string;
  /** HMAC of the secret under the server's key; compared in constant time. */
  readonly secretHash: Uint8Array;
  /** Still accepted until `previousUntil`, while a rotation is under way. */
  readonly previousHash: Uint8Array | undefined;
  readonly previousUntil: number | undefined;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly tenant: string;
  /** CIDR ranges the key may be used from; empty for anywhere. */
  readonly addresses: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly revokedAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

export type ApiKeyChanges = Partial<Pick<ApiKey, 'secretHash' | 'previousHash' | 'previousUntil' | 'roles' | 'scopes' | 'addresses' | 'expiresAt' | 'revokedAt' | 'lastUsedAt'>>;

export const ApiKeyStore = Symbol('ApiKeyStore');
export interface ApiKeyStore {
  /** False when the id is taken. */
  add(key: ApiKey): Promise<boolean>;
  find(id: string): Promise<ApiKey | undefined>;
  /** The key as changed; undefined for an unknown one. */
  update(id: string, changes: ApiKeyChanges): Promise<ApiKey | undefined>;
  /** Sorted by id; at most `limit` after the id `after`. */
  list(after: string | undefined, limit: number): Promise<ApiKey[]>;
}
