/**
 * Looks at a token before any of it is believed: size, form, algorithm, header. What a token says about the key that
 * shall verify it is never followed (RFC 8725 §3.1, §3.10; reliability rows E1, E2, E8).
 */
import { fault, type Fault } from '../../protocol/faults.js';
import { isObject, stringAt } from '../../protocol/json.js';
import type { JsonObject } from '../../protocol/message.js';

/** The asymmetric algorithms that may sign tokens. One list for all issuers. */
export const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'] as const;
export type Asymmetric = (typeof ASYMMETRIC)[number];

/** What of a header counts. */
export interface TokenHeader {
  readonly alg: Asymmetric | 'HS256';
  readonly kid: string | undefined;
  readonly typ: string | undefined;
}

const PARTS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/;
const MAX_HEADER = 2048;
const MAX_CLAIMS = 100;
// Keys from the token itself, extensions nobody here understands, encodings that change what is signed.
const FORBIDDEN = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'] as const;

/** True for what claims to be a signed token (R27). */
export function looksLikeToken(text: string): boolean {
  return text.startsWith('eyJ');
}

/** Throws `token_invalid` for anything but a compact token with a plain header and a sane number of claims. */
export function readTokenHeader(token: string): TokenHeader {
  const [, head, body] = PARTS.exec(token) ?? [];
  if (head === undefined || body === undefined || head.length > MAX_HEADER) throw malformed('form');
  const header = decode(head);
  const forbidden = FORBIDDEN.find((name) => Object.hasOwn(header, name));
  if (forbidden !== undefined) throw malformed(`header ${forbidden}`);
  const alg = [...ASYMMETRIC, 'HS256' as const].find((name) => name === header['alg']);
  if (alg === undefined) throw malformed('algorithm');
  const kid = header['kid'];
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 256)) throw malformed('kid');
  if (Object.keys(decode(body)).length > MAX_CLAIMS) throw malformed('number of claims');
  return { alg, kid, typ: stringAt(header, 'typ') };
}

/** `at+jwt`, with or without the media type's family (RFC 9068 §4). */
export function isAccessTokenType(typ: string | undefined): boolean {
  return typ !== undefined && /^(?:application\/)?at\+jwt$/i.test(typ);
}

/** The refusal of a token; the reason stays in the log (fault 16). */
export function malformed(reason: string): Fault {
  return fault('token_invalid', { say: 'Invalid JWT token', challenge: { error: 'invalid_token' }, detail: { reason } });
}

function decode(part: string): JsonObject {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (isObject(value)) return value;
  } catch {
    // Told below.
  }
  throw malformed('not JSON');
}
