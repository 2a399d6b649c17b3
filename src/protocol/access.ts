/** What a caller may use: the question tools ask and auth answers, in words both know. */
import type { Caller } from './caller.js';

/** What the author of a tool, resource or prompt demands of a caller. */
export interface Requirement {
  /** One of these roles; configuration may replace them. */
  roles?: readonly string[] | undefined;
  /** All of these scopes, where the caller's credential carries scopes. */
  scopes?: readonly string[] | undefined;
  /** Open to everyone, even without a credential. */
  public?: boolean | undefined;
}

export type AccessKind = 'tool' | 'resource' | 'prompt';

/**
 * The answer. `hidden` things are absent from lists and answer like unknown ones; what only lacks scopes is listed and
 * answers with a challenge that names all scopes of the operation (2025-11-25 authorization, "Scope Challenge Handling").
 */
export type Decision =
  | { kind: 'allowed' }
  | { kind: 'hidden' }
  | { kind: 'step_up'; scopes: readonly string[] }
  /** Nobody has signed in yet, and whoever does might be allowed; listed, and answered with a challenge. */
  | { kind: 'sign_in'; scopes: readonly string[] };

export const AccessPolicy = Symbol('AccessPolicy');
export interface AccessPolicy {
  /** True when every caller sees the same, as on a server without authentication. */
  readonly uniform: boolean;
  /** Equal for callers who see equal lists: what lists are remembered by. */
  permissionsOf(caller: Caller): string;
  decide(caller: Caller, kind: AccessKind, name: string, requirement: Requirement): Decision;
  /** Calls back whenever somebody's lists may have changed. */
  onChange(listener: () => void): void;
}
