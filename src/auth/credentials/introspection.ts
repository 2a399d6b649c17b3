/** Asks an external issuer whether a token is good (RFC 7662). Answers are believed for a short while. */
import { z } from 'zod';
import type { JsonObject } from '../../protocol/message.js';
import type { IssuerDiscovery } from './issuer-metadata.js';
import { CredentialCache } from './credential-cache.js';
import { askJson, issuerAway } from './outbound.js';

const answer = z.looseObject({ active: z.boolean() });

/** Who asks. */
export interface IntrospectionClient {
  id: string;
  secret: string;
}

const MOST_REFUSED = 1000;
const REFUSED_MS = 10_000;

export class Introspection {
  /** Tokens that were no good, by hash, and until when that is believed: guessing does not reach the issuer twice. */
  readonly #refused = new Map<string, number>();

  constructor(private readonly discovery: IssuerDiscovery, private readonly client: IntrospectionClient, private readonly now: () => number) {}

  /** What the issuer says about a token; undefined for one that is no good. Throws `credentials_unavailable`. */
  async ask(token: string): Promise<JsonObject | undefined> {
    const key = CredentialCache.keyOf(token);
    if ((this.#refused.get(key) ?? 0) > this.now()) return undefined;
    const { active, ...claims } = await this.#ask(token);
    if (active) return toJson(claims);
    if (this.#refused.size >= MOST_REFUSED) this.#refused.clear();
    this.#refused.set(key, this.now() + REFUSED_MS);
    return undefined;
  }

  async #ask(token: string): Promise<z.output<typeof answer>> {
    try {
      const { introspection_endpoint: address } = await this.discovery.find();
      if (address === undefined) throw new Error('The issuer answers no questions about tokens');
      const basic = Buffer.from(`${encodeURIComponent(this.client.id)}:${encodeURIComponent(this.client.secret)}`).toString('base64');
      return answer.parse(await askJson(address, {
        method: 'POST', body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
        headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
      }));
    } catch (error) {
      throw issuerAway(error);
    }
  }
}

function toJson(claims: Record<string, unknown>): JsonObject {
  return z.record(z.string(), z.json()).parse(claims);
}
