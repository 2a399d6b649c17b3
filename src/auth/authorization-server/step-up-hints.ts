/** Remembers, for a short while and not too many, who was asked for more scopes. */
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../../protocol/clock.js';
import type { StepUpHints } from '../step-up-hints.port.js';

const LIFETIME_MS = 120_000;
const MOST = 10_000;

@Injectable()
export class RecentStepUps implements StepUpHints {
  readonly #asked = new Map<string, { scopes: readonly string[]; until: number }>();

  constructor(@Inject(Clock) private readonly clock: Clock) {}

  remember(subject: string, client: string, scopes: readonly string[]): void {
    const key = keyOf(subject, client);
    this.#asked.delete(key);
    this.#asked.set(key, { scopes: [...scopes], until: this.clock.now() + LIFETIME_MS });
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > MOST && oldest !== undefined) this.#asked.delete(oldest);
  }

  /** True once after a challenge that a token with these scopes does not meet. */
  take(subject: string, client: string, scopes: ReadonlySet<string>): boolean {
    const key = keyOf(subject, client);
    const asked = this.#asked.get(key);
    if (!asked) return false;
    this.#asked.delete(key);
    return asked.until > this.clock.now() && asked.scopes.some((scope) => !scopes.has(scope));
  }
}

function keyOf(subject: string, client: string): string {
  return JSON.stringify([subject, client]);
}
