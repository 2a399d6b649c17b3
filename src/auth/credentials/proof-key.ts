/** The key a token is bound to (RFC 7800, RFC 9449 §6.1). */
import { objectAt, stringAt } from '../../protocol/json.js';
import type { JsonObject } from '../../protocol/message.js';
import { malformed } from './token-shape.js';

/** The thumbprint; undefined for a token that is not bound. Throws `token_invalid` for a binding nobody here can check. */
export function proofKeyOf(claims: JsonObject): string | undefined {
  if (claims['cnf'] === undefined) return undefined;
  const confirmation = objectAt(claims, 'cnf') ?? {};
  const thumbprint = stringAt(confirmation, 'jkt');
  if (thumbprint === undefined || Object.keys(confirmation).length !== 1) throw malformed('cnf');
  return thumbprint;
}
