/** Roles of people whom another issuer describes: claims that name them, rules that make them, a default. */
import type { Settings } from '../config/settings.js';
import type { JsonObject, JsonValue } from '../protocol/message.js';
import { claimAt, wordsClaim } from './credentials/claims.js';

/** How claims become roles. */
export type RoleMapping = Pick<Settings, 'claimRoles' | 'roleRules' | 'defaultRoles'>;

type Rule = RoleMapping['roleRules'][number];

/** The roles of a person, sorted: used for tokens of an external issuer, and at each federated sign-in. */
export function rolesFromClaims(claims: JsonObject, { claimRoles, roleRules, defaultRoles }: RoleMapping): string[] {
  const ruled = roleRules.filter((rule) => applies(rule, claimAt(claims, rule.claim))).map(({ role }) => role);
  const roles = new Set([...wordsClaim(claims, claimRoles), ...ruled]);
  return (roles.size > 0 ? [...roles] : [...defaultRoles]).toSorted();
}

function applies({ equals, contains, matches }: Rule, value: JsonValue | undefined): boolean {
  if (value === undefined) return false;
  if (equals !== undefined) return value === equals;
  const texts = (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
  // In a list one item must be it; in a text, such as a list of scopes, one word.
  if (contains !== undefined) return texts.some((text) => text === contains || text.split(/[\s,]+/).includes(contains));
  const pattern = new RegExp(matches ?? '(?!)', 'u');
  return texts.some((text) => text.length <= 512 && pattern.test(text));
}
