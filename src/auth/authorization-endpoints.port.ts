/** The endpoints of the authorization server, for the front door: they must see requests before any parser does. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export const AuthorizationEndpoints = Symbol('AuthorizationEndpoints');
export interface AuthorizationEndpoints {
  /** Whether a path, without its query, is answered there. */
  owns(path: string): boolean;
  /** Answers a request for a path it owns; the body must not have been read. */
  handle(request: IncomingMessage, response: ServerResponse): void;
}

/** Where tokens come from elsewhere, or nobody needs any: nothing is owned. */
export const noAuthorizationEndpoints: AuthorizationEndpoints = { owns: () => false, handle: () => undefined };
