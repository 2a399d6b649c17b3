/** Knows whether anything was revoked: asks the store, at most once in a short while, and tells who wants to know. */
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { fault } from '../../protocol/faults.js';
import { Revocations } from '../revocations.port.js';

const POLL_MS = 1000;
const PATIENCE_MS = 1000;
/** While the store is away, what was known is believed for so long; then nobody is let in (promise P5, row E11). */
const BLIND_MS = 30_000;

@Injectable()
export class RevocationWatch implements OnModuleInit, OnModuleDestroy {
  readonly #listeners: (() => void)[] = [];
  /** As the store counts; undefined before the first look. */
  #generation: number | undefined;
  /** As this process counts. */
  #version = 0;
  #checkedAt = Number.NEGATIVE_INFINITY;
  #checking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failing = false;

  constructor(@Inject(Revocations) private readonly revocations: Revocations, private readonly settings: Settings, private readonly log: Log) {}

  onModuleInit(): void {
    // Callers who send nothing learn of changes too: their lists may differ now.
    if (this.settings.authMode !== 'none') this.#timer = setInterval(() => void this.check().catch(() => undefined), POLL_MS).unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.#timer);
  }

  /** Grows with every revocation seen so far; a verdict is as good as this was when its credential was looked at. */
  get generation(): number {
    return this.#version;
  }

  /** True while the last look is young enough to rely on. */
  get isFresh(): boolean {
    return performance.now() - this.#checkedAt <= this.settings.revocationCheckMs;
  }

  /** Looks now, together with everyone who asks meanwhile. Throws `credentials_unavailable` once the store was away too long. */
  check(): Promise<void> {
    return (this.#checking ??= this.#look().finally(() => {
      this.#checking = undefined;
    }));
  }

  /** Calls back after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Everything known so far is out of date, for reasons the store does not know: keys of tokens changed. */
  invalidate(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  async #look(): Promise<void> {
    const startedAt = performance.now();
    try {
      const generation = await inTime(this.revocations.generation());
      this.#checkedAt = startedAt;
      this.#failing = false;
      if (generation === this.#generation) return;
      const isFirst = this.#generation === undefined;
      this.#generation = generation;
      if (!isFirst) this.invalidate();
    } catch (error) {
      if (!this.#failing) this.log.warn('auth.revocations_unknown', { err: error });
      this.#failing = true;
      if (startedAt - this.#checkedAt > BLIND_MS) throw fault('credentials_unavailable', { cause: error, retryAfterSeconds: 5 });
    }
  }
}

async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The store did not answer in time')), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
