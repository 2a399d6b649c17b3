/** Whether a token is good at this moment (RFC 7519 §4.1; reliability row E5). */
import { z } from 'zod';
import { fault } from '../../protocol/faults.js';
import { malformed } from './token-shape.js';

const times = z.object({ exp: z.number().finite(), nbf: z.number().finite().optional(), iat: z.number().finite().optional() });

/** No honest token lives longer; one that does was made with the wrong unit, or to last for ever. */
const LONGEST_SECONDS = 366 * 86_400;

/** When the token ends, in milliseconds since the epoch. Throws `token_expired` or `token_invalid`. */
export function checkTimes(claims: unknown, now: number, skewSeconds: number): number {
  const read = times.safeParse(claims);
  if (!read.success) throw malformed('exp, nbf or iat is missing or no number');
  const { exp, nbf, iat } = read.data;
  const seconds = now / 1000;
  if (exp - seconds > LONGEST_SECONDS) throw malformed('exp is too far away');
  if (nbf !== undefined && nbf > seconds + skewSeconds) throw malformed('nbf is in the future');
  if (iat !== undefined && iat > seconds + skewSeconds) throw malformed('iat is in the future');
  if (exp + skewSeconds <= seconds) throw fault('token_expired', { challenge: { error: 'invalid_token' } });
  return exp * 1000;
}
