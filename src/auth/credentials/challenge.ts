/** Writes `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1, RFC 9449 §7.1): where to sign in, what was wrong, what to ask for. */
import type { Fault } from '../../protocol/faults.js';
import { ASYMMETRIC } from './token-shape.js';

/** What a challenge says beside the refusal. */
export interface ChallengeContext {
  metadataUrl: string;
  /** Asked for where the refusal names no scopes of its own. */
  baseline: readonly string[];
  /** Names an error even where there was no credential: RFC 6750 §3.1 forbids that in a header, clients that read results want it. */
  explained: boolean;
}

const CHALLENGED: ReadonlySet<string> = new Set(['token_missing', 'token_invalid', 'token_expired', 'scope_insufficient']);

/** True for refusals that a better credential would change. */
export function isChallenged(refusal: Fault): boolean {
  return CHALLENGED.has(refusal.fault);
}

/** The challenge for bearer tokens, which every client reads first. */
export function bearerChallenge(refusal: Fault, { metadataUrl, baseline, explained }: ChallengeContext): string {
  const error = errorOf(refusal) ?? (explained ? 'invalid_token' : undefined);
  const scope = refusal.challenge?.scope ?? baseline.join(' ');
  const parameters = [
    ...(error === undefined ? [] : [`error="${error}"`, `error_description="${plain(refusal.say)}"`]),
    `resource_metadata="${plain(metadataUrl)}"`,
    ...(scope === '' ? [] : [`scope="${plain(scope)}"`]),
  ];
  return `Bearer ${parameters.join(', ')}`;
}

/** The challenge for bound tokens, for who tried to use one. */
export function proofChallenge(refusal: Fault): string {
  const error = refusal.challenge?.error === 'invalid_dpop_proof' ? 'invalid_dpop_proof' : 'invalid_token';
  return `DPoP error="${error}", algs="${ASYMMETRIC.join(' ')}"`;
}

function errorOf({ fault, challenge }: Fault): string | undefined {
  if (fault === 'scope_insufficient') return 'insufficient_scope';
  if (fault === 'token_missing') return undefined;
  return challenge?.error === 'invalid_request' ? 'invalid_request' : 'invalid_token';
}

/** Without what would end the quotes. */
function plain(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, '');
}
