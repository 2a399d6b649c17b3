/** The plain rule: everybody hands on what they have, and only administrators have administration. */
import { Injectable } from '@nestjs/common';
import type { ScopeLimits } from '../../scope-limits.port.js';

const ADMIN = 'admin';

@Injectable()
export class RoleScopeLimits implements ScopeLimits {
  approvable(scopes: readonly string[], roles: readonly string[]): string[] {
    return scopes.filter((scope) => !isAdministrative(scope) || roles.includes(ADMIN));
  }
}

// `admin`, `admin:users`, `mcp:admin`, `users.admin`: the word anywhere between separators.
function isAdministrative(scope: string): boolean {
  return scope.split(/[:./]/).includes(ADMIN);
}
