/** Deadlines of tests: generous, and only there so that a missing event fails by name instead of hanging. */

const PATIENCE_MS = 15_000;

/** The promise, or a failure that says what never came. */
export async function within<T>(what: string, promise: Promise<T>, ms = PATIENCE_MS): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${what}`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for a condition, asked again and again. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = PATIENCE_MS): Promise<void> {
  const deadline = performance.now() + ms;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`Waited ${ms} ms until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, Math.max(5, ms / 1000)));
  }
}
