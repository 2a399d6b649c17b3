/** How this server introduces itself. */
import type { Implementation } from './wire.js';

export interface ServerIdentity {
  info: Implementation;
  /** Guidance for models, sent with `initialize` and `server/discover`. */
  instructions: string | undefined;
}
