/** Spreads the stages of one call over 0 to 100 percent, so that what is reported only grows. */

/** Receives a whole percentage and the name of the stage. */
export type Report = (percent: number, stage: string) => void;
/** Tells how much of the present stage is done, from 0 to 1. */
export type Advance = (fraction: number) => void;

/** Reports each whole percent at most once. */
export class ProgressTrack {
  readonly #report: Report;
  #last = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Opens the span of one stage. */
  span(stage: string, from: number, to: number): Advance {
    return (fraction) => {
      const percent = Math.floor(from + (to - from) * Math.min(fraction, 1));
      if (percent <= this.#last) return;
      this.#last = percent;
      this.#report(percent, stage);
    };
  }
}
