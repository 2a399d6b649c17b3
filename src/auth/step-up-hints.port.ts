/**
 * Who was asked for more scopes a moment ago. Clients of the first SDK generation answer the challenge with a refresh, which
 * cannot widen anything, and then give up; the hint makes that refresh fail once, so that they ask the person again.
 */
export const StepUpHints = Symbol('StepUpHints');
export interface StepUpHints {
  /** Called with each `insufficient_scope` challenge: `subject` and `client` of the caller, all scopes of the operation. */
  remember(subject: string, client: string, scopes: readonly string[]): void;
}
