/** One way to the company's provider and back: made after consent, good once, for ten minutes, in one browser (row F14). */
import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock, Random } from '../../../../protocol/clock.js';
import { OidcModelStore } from '../../../oidc-models.port.js';
import { PageKeys } from '../../../page-keys.js';
import type { Keepsake } from '../sign-in-dialog.js';

const MODEL = 'FederationHop';
const SECONDS = 600;

const shape = z.object({ visit: z.string(), state: z.string(), nonce: z.string(), verifier: z.string(), until: z.number() });

/** What is remembered of a way there. */
export type Hop = z.output<typeof shape>;

@Injectable()
export class Hops {
  constructor(
    private readonly keys: PageKeys, @Inject(OidcModelStore) private readonly store: OidcModelStore,
    @Inject(Clock) private readonly clock: Clock, @Inject(Random) private readonly random: Random,
  ) {}

  /** `visit` is the uid of the interaction, or `account`. */
  async begin(visit: string): Promise<Hop> {
    const secret = (): string => this.random.bytes(32).toString('base64url');
    const hop = { visit, state: `${visit}.${secret()}`, nonce: secret(), verifier: secret(), until: this.clock.now() + SECONDS * 1000 };
    await this.store.upsert({
      model: MODEL, id: markOf(hop), payload: {}, grantId: undefined, uid: undefined, userCode: undefined, consumedAt: undefined, expiresAt: hop.until,
    });
    return hop;
  }

  /** What the browser keeps meanwhile. */
  async keepsake(hop: Hop): Promise<Keepsake> {
    return { value: await this.keys.seal(MODEL, JSON.stringify(hop)), maxAgeSeconds: SECONDS };
  }

  /** The hop a browser comes back from; undefined for another visit, a late or a second arrival. */
  async end(visit: string, kept: string | undefined): Promise<Hop | undefined> {
    const opened = kept === undefined ? undefined : await this.keys.open(MODEL, kept);
    if (opened === undefined) return undefined;
    const hop = shape.parse(JSON.parse(opened));
    if (hop.visit !== visit || hop.until < this.clock.now()) return undefined;
    return await this.store.consume(MODEL, markOf(hop), this.clock.now()) ? hop : undefined;
  }
}

/** The visit a state leads back to; undefined for a state that is none of ours. */
export function visitOf(state: string | undefined): string | undefined {
  return /^([\w-]{1,64})\.[\w-]{43}$/.exec(state ?? '')?.[1];
}

function markOf({ state }: Hop): string {
  return createHash('sha256').update(state).digest('base64url');
}
