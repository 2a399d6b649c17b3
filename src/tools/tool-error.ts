/** An error a tool raises on purpose, with a message meant for the caller and its model. */

/** Ends the call as a tool result with `isError: true` and this message. Any other error keeps its message private. */
export class ToolError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ToolError';
  }
}
