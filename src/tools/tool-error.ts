/** An error a tool raises on purpose, with a message meant for the caller and its model. */
import { IntrinsicException } from '@nestjs/common';

/**
 * Ends the call as a tool result with `isError: true` and this message. Any other error keeps its message private.
 * Intrinsic: Nest does not log it, since nothing went wrong.
 */
export class ToolError extends IntrinsicException {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ToolError';
  }
}
