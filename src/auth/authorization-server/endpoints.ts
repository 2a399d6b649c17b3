/** Where the authorization server answers, and under which other names. */

const METADATA = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

/** The addresses, without the names of the library's own routes below them. */
export const paths = {
  routes: {
    authorization: '/oauth/authorize', token: '/oauth/token', registration: '/oauth/register', jwks: '/oauth/jwks',
    revocation: '/oauth/revoke', introspection: '/oauth/introspect', userinfo: '/oauth/userinfo', end_session: '/oauth/logout',
    pushed_authorization_request: '/oauth/par', code_verification: '/oauth/device', device_authorization: '/oauth/device_authorization',
  },
  /** Pages of ours, served elsewhere. */
  interaction: '/oauth/interaction',
};

// Clients of 2025-03-26 that find no metadata try these (checklist 20).
const PLAIN = new Map([['/authorize', paths.routes.authorization], ['/token', paths.routes.token], ['/register', paths.routes.registration]]);
const WHOLE = new Set<string>(Object.values(paths.routes));
const BELOW = [paths.routes.authorization, paths.routes.end_session, paths.routes.code_verification].map((path) => `${path}/`);

/** The path as the library knows it: slash at the end and inserted MCP path gone; undefined where it is not ours. */
export function routeOf(path: string, insertedPaths: readonly string[]): string | undefined {
  const plain = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  for (const document of METADATA) {
    if (plain === document || insertedPaths.some((inserted) => plain === document + inserted)) return document;
  }
  const route = PLAIN.get(plain) ?? plain;
  return WHOLE.has(route) || BELOW.some((prefix) => route.startsWith(prefix)) ? route : undefined;
}

/** True for the two metadata documents. */
export function isMetadata(route: string): boolean {
  return METADATA.includes(route);
}
