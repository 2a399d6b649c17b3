/** Whether a server lets go of what a run made it hold. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Gauges, WireServer } from '../../support/wire.js';

/** What may be held more than before: caches that are bounded, but not yet full. */
export const SLACK_BYTES = 12 * 1024 ** 2;
const SLACK_DESCRIPTORS = 8;
const PATIENCE_MS = 60_000;
// Idle sessions and their streams are swept within this time.
const SWEEP_MS = 12_000;

/** Waits until the gauges are back where they were, or just until everything idle is swept; throws when they do not return. */
export async function returnsToBaseline(server: WireServer, baseline?: Gauges): Promise<Gauges> {
  if (!baseline) {
    await pause(SWEEP_MS);
    return server.gauges();
  }
  const started = performance.now();
  for (;;) {
    const now = await server.gauges();
    if (now.heldBytes <= baseline.heldBytes + SLACK_BYTES && now.descriptors <= baseline.descriptors + SLACK_DESCRIPTORS) return now;
    if (performance.now() - started > PATIENCE_MS) throw new Error(`Held before: ${JSON.stringify(baseline)}, and still after: ${JSON.stringify(now)}`);
    await pause(1000);
  }
}
