/** Which addresses a client may have its codes sent to (OAuth 2.1 §2.3; RFC 8252 §7; RFC 9700 §4.1). */

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
// Apps take a reversed domain of their own (RFC 8252 §7.1): `com.example.app`. Any other word may be one the system or a
// program acts upon by itself, such as `javascript`, `file`, `ms-msdt` or `search-ms`, and no list of those is ever complete.
const REVERSED_DOMAIN = /^[a-z][a-z\d-]*(?:\.[a-z\d-]+)+:$/;
// The settings of macOS have a dot in their scheme.
const ACTIVE = /^(?:ms-|x-apple\.)/;
/** Clients of this protocol that are known to receive their codes under a word of their own. */
const KNOWN_APPS = new Set([
  'claude:', 'code-oss:', 'cursor:', 'goose:', 'insomnia:', 'jetbrains:', 'kiro:', 'lmstudio:', 'postman:', 'raycast:', 'trae:',
  'vscode:', 'vscode-insiders:', 'vscodium:', 'warp:', 'windsurf:', 'windsurf-next:', 'zed:',
]);
const MAX_LENGTH = 2048;

/** True for the host names of the person's own machine. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK.has(hostname);
}

/** True for plain http to the person's own machine: a native client waits there, on any port. */
export function isLoopbackRedirect(uri: string): boolean {
  const url = URL.parse(uri);
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname);
}

/** True for a scheme of a native client's own, such as `cursor:`. */
export function isPrivateScheme(uri: string): boolean {
  const protocol = URL.parse(uri)?.protocol;
  return protocol !== undefined && protocol !== 'http:' && protocol !== 'https:';
}

/** What is wrong with a redirect URI; undefined for a good one. */
export function redirectUriFault(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || uri.length > MAX_LENGTH) return 'must be texts of at most 2048 characters';
  // Compared later character by character, they must not hold what two readers read differently.
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f-\uffff\\<>"{}|^`*]/.test(uri)) return 'must not contain spaces, backslashes, wildcards or characters outside ASCII';
  const url = URL.parse(uri);
  if (!url) return 'must be absolute addresses';
  if (uri.includes('#')) return 'must not contain a fragment';
  if (url.username !== '' || url.password !== '' || /^[^/?#]*\/\/[^/?#]*@/.test(uri)) return 'must not contain a user';
  if (isPrivateScheme(uri) && !isSchemeOfAnApp(url.protocol)) return `must not use the scheme ${url.protocol.slice(0, -1)}: use https, loopback, or a reversed domain such as com.example.app`;
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) return 'must use https, except for loopback addresses';
  if ((url.protocol === 'https:' || url.protocol === 'http:') && !uri.slice(url.protocol.length).startsWith('//')) return 'must be absolute addresses';
  return undefined;
}

function isSchemeOfAnApp(protocol: string): boolean {
  return KNOWN_APPS.has(protocol) || (REVERSED_DOMAIN.test(protocol) && !ACTIVE.test(protocol));
}
