/** What changing a user means, wherever users are kept. */
import type { User, UserChanges } from '../../auth/users.port.js';

/** The user after the changes. What is set to what it was is no change, so that a sign-in that syncs roles ends no tokens. */
export function changeUser(user: User, changes: UserChanges): User {
  const changed: User = {
    ...user,
    displayName: changes.displayName ?? user.displayName,
    passwordHash: 'passwordHash' in changes ? changes.passwordHash : user.passwordHash,
    passwordExpired: changes.passwordExpired ?? user.passwordExpired,
    roles: changes.roles ?? user.roles,
    tenant: changes.tenant ?? user.tenant,
    disabled: changes.disabled ?? user.disabled,
    // Always later than before: a sign-in is never dated earlier than what counted when it began (`signInTime`).
    signInsSince: changes.signInsSince === undefined ? user.signInsSince : Math.max(user.signInsSince + 1000, changes.signInsSince),
  };
  const mustEndTokens = changed.passwordHash !== user.passwordHash || changed.disabled !== user.disabled || !sameMembers(changed.roles, user.roles);
  return mustEndTokens ? { ...changed, epoch: user.epoch + 1 } : changed;
}

function sameMembers(one: readonly string[], other: readonly string[]): boolean {
  return one.every((member) => other.includes(member)) && other.every((member) => one.includes(member));
}
