/** Lets a few through at a time and the rest wait in line. */

/** Gives a place back. */
export type Leave = () => void;

/** A bounded number of places and a bounded line before them. */
export class Turns {
  readonly #line: (() => void)[] = [];
  readonly #places: number;
  readonly #waiting: number;
  #taken = 0;

  constructor(places: number, waiting: number) {
    this.#places = places;
    this.#waiting = waiting;
  }

  /** Waits for a place; undefined when the line is full. Rejects with the signal's reason when it fires first. */
  async take(signal: AbortSignal): Promise<Leave | undefined> {
    signal.throwIfAborted();
    if (this.#taken >= this.#places) {
      if (this.#line.length >= this.#waiting) return undefined;
      await this.#stand(signal);
    } else {
      this.#taken += 1;
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#pass();
    };
  }

  #stand(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        this.#line.splice(this.#line.indexOf(enter), 1);
        reject(signal.reason);
      };
      this.#line.push(enter);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** The place goes straight to the next in line, so that nobody slips in between. */
  #pass(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#taken -= 1;
  }
}
