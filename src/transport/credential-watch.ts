/** Ends streams whose credential has stopped being good: expired, revoked, its person disabled (reliability row C7). */
import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Door } from '../auth/door.port.js';
import { sameOwner, type Caller } from '../protocol/caller.js';
import { Fault } from '../protocol/faults.js';

const PERIOD_MS = 30_000;

@Injectable()
export class CredentialWatch implements OnModuleDestroy {
  readonly #streams = new Map<IncomingMessage, { caller: Caller; end: () => void }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(@Inject(Door) private readonly door: Door) {}

  /**
   * Judges the request's credential anew twice a minute until the returned function is called; calls `end` once it no
   * longer proves `caller`.
   */
  watch(request: IncomingMessage, caller: Caller, end: () => void): () => void {
    this.#streams.set(request, { caller, end });
    this.#timer ??= setInterval(() => void this.check(), PERIOD_MS).unref();
    return () => this.#streams.delete(request);
  }

  /** Judges all streams now. */
  async check(): Promise<void> {
    for (const [request, { caller, end }] of this.#streams) {
      if (await this.#isGood(request, caller)) continue;
      this.#streams.delete(request);
      end();
    }
  }

  async #isGood(request: IncomingMessage, caller: Caller): Promise<boolean> {
    try {
      return sameOwner(await this.door.admit(request), caller);
    } catch (error) {
      // Who cannot be judged right now is not thrown out: only a verdict ends a stream.
      return !(error instanceof Fault) || error.row.http >= 500;
    }
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }
}
