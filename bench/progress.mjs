/** Says what is being done, and about how long the rest will take. */

const QUIET_MS = 10_000;

export class Progress {
  #expected = [];
  #done = 0;
  #started = performance.now();
  // Long ago, so that the first line is told at once.
  #lastTold = -Infinity;

  /** Announces steps by how long each should take, in milliseconds. */
  expect(...steps) {
    this.#expected.push(...steps);
  }

  /** A step begins. */
  step(text) {
    const left = this.#expected.slice(this.#done).reduce((sum, step) => sum + step, 0);
    const before = this.#expected.slice(0, this.#done).reduce((sum, step) => sum + step, 0);
    this.#done++;
    // This machine against the expectation, once there is enough to judge by.
    const pace = before < 5000 ? 1 : (performance.now() - this.#started) / before;
    this.tell(`${this.#done} of ${this.#expected.length}, about ${duration(left * pace)} left – ${text}`);
  }

  /** One line that renews itself; where nobody watches, a line now and then. */
  tell(text) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text.slice(0, Math.max(20, (process.stderr.columns ?? 120) - 1))}`);
    else if (text !== '' && performance.now() - this.#lastTold > QUIET_MS) {
      this.#lastTold = performance.now();
      process.stderr.write(`${text}\n`);
    }
  }
}

function duration(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
