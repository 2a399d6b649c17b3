/** Users, keys and models as tests need them: complete, and different where a test says so. */
import type { ApiKey } from '../../src/auth/api-keys.port.js';
import type { OidcModel } from '../../src/auth/oidc-models.port.js';
import type { User } from '../../src/auth/users.port.js';

/** What databases dislike in a text: NUL, lone surrogates, what patterns and quotes are made of (fact 6). */
export const AWKWARD = 'nul \u0000 high \uD83D low \uDE00 pair 😀 escape \u001A \u001Ad800 percent % _ \\ \' " ';

export function aUser(parts: Partial<User> = {}): User {
  const id = parts.id ?? 'u-anna';
  return {
    id, login: `${id}@example.com`, displayName: 'Anna', passwordHash: 'scrypt$1$salt$hash', passwordExpired: false,
    roles: ['user'], tenant: 'default', disabled: false, epoch: 1, signInsSince: 0, createdAt: 1_780_000_000_123, ...parts,
  };
}

export function aKey(parts: Partial<ApiKey> = {}): ApiKey {
  return {
    id: 'k-build', name: 'build server', secretHash: Uint8Array.of(0, 1, 254, 255), previousHash: undefined, previousUntil: undefined,
    roles: ['ci'], scopes: ['mcp'], tenant: 'default', addresses: ['10.0.0.0/8'], createdAt: 1_780_000_000_123,
    expiresAt: undefined, revokedAt: undefined, lastUsedAt: undefined, ...parts,
  };
}

export function aModel(parts: Partial<OidcModel> = {}): OidcModel {
  return {
    model: 'AuthorizationCode', id: 'hashed-code', payload: { accountId: 'u-anna', scope: 'mcp' }, grantId: undefined,
    uid: undefined, userCode: undefined, consumedAt: undefined, expiresAt: undefined, ...parts,
  };
}
