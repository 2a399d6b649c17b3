/** What strategies of ours share: passport's own base class leaves it to its heirs what they look at. */
import type { Request } from 'express';
import { Strategy } from 'passport';
import { Presented } from './presented.js';

/** Reports a verdict, or the reason there is none. */
type Done = (error: unknown, verdict?: object) => void;

export class PresentedStrategy extends Strategy {
  // Put there by passport for each judgement.
  declare readonly success: (verdict: object) => void;
  declare readonly error: (error: unknown) => void;

  /** @param verify given by Nest's mixin: calls `validate` of the heir. */
  constructor(private readonly verify: (presented: Presented, done: Done) => void) {
    super();
  }

  override authenticate(request: Request): void {
    const presented: unknown = request;
    if (!(presented instanceof Presented)) return this.error(new TypeError('Only what was presented can be judged'));
    this.verify(presented, (error, verdict) => (verdict ? this.success(verdict) : this.error(error)));
  }
}
