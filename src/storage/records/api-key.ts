/** What changing a key means, wherever keys are kept. */
import type { ApiKey, ApiKeyChanges } from '../../auth/api-keys.port.js';

/** The key after the changes. A member that may be absent is removed by naming it without a value. */
export function changeApiKey(key: ApiKey, changes: ApiKeyChanges): ApiKey {
  return {
    ...key,
    secretHash: changes.secretHash ?? key.secretHash,
    previousHash: 'previousHash' in changes ? changes.previousHash : key.previousHash,
    previousUntil: 'previousUntil' in changes ? changes.previousUntil : key.previousUntil,
    roles: changes.roles ?? key.roles,
    scopes: changes.scopes ?? key.scopes,
    addresses: changes.addresses ?? key.addresses,
    expiresAt: 'expiresAt' in changes ? changes.expiresAt : key.expiresAt,
    revokedAt: 'revokedAt' in changes ? changes.revokedAt : key.revokedAt,
    lastUsedAt: 'lastUsedAt' in changes ? changes.lastUsedAt : key.lastUsedAt,
  };
}

/** False for what only notes a use: it changes nobody's rights, and happens all the time. */
export function changesRights(changes: ApiKeyChanges): boolean {
  return Object.keys(changes).some((member) => member !== 'lastUsedAt');
}
