/** Asks the configured issuer something: a bounded, timed request without redirects. */
import { fault } from '../../protocol/faults.js';

const TIMEOUT_MS = 5000;
const MAX_BYTES = 1024 * 1024;

/** Gives the JSON of a 200 answer. Throws an Error for anything else. */
export async function askJson(url: string, options: { method?: 'GET' | 'POST'; headers?: Record<string, string>; body?: string } = {}): Promise<unknown> {
  const response = await fetch(url, {
    ...options, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/json', ...options.headers },
  });
  if (response.status !== 200 || !response.body) {
    await response.body?.cancel();
    throw new Error(`${new URL(url).host} answered ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`${new URL(url).host} answered with too much`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** What a caller is told while the issuer is away: not that the credential is wrong. */
export function issuerAway(cause: unknown): Error {
  return fault('credentials_unavailable', { cause, retryAfterSeconds: 5 });
}
