/** The addresses this server has as a protected resource (RFC 8707 §2, RFC 9728 §3). */
import type { Settings } from '../config/settings.js';

/** One protected resource: what tokens name as audience, and where its metadata lies. */
export interface ProtectedResource {
  readonly uri: string;
  readonly metadataUrl: string;
}

type Addresses = Pick<Settings, 'publicUrl' | 'mcpPath' | 'ssePath' | 'authMode' | 'externalIssuer' | 'externalAudiences'>;

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The canonical resource: the address of `/mcp`, without a slash at its end. */
export function canonicalResource({ publicUrl, mcpPath }: Pick<Settings, 'publicUrl' | 'mcpPath'>): string {
  return publicUrl + mcpPath;
}

/**
 * The audiences of tokens accepted here. Our own authorization server knows one; another issuer may echo the address of the
 * HTTP+SSE door, or know this server by a name of its own.
 */
export function ownAudiences(settings: Addresses): [string, ...string[]] {
  const canonical = canonicalResource(settings);
  return settings.authMode === 'external' ? [canonical, settings.publicUrl + settings.ssePath, ...settings.externalAudiences] : [canonical];
}

/** Who issues the tokens accepted here: we ourselves at the root of our origin, or somebody else. */
export function issuerOf({ authMode, externalIssuer, publicUrl }: Addresses): string {
  return authMode === 'external' && externalIssuer !== undefined ? externalIssuer : new URL(publicUrl).origin;
}

/** The path as clients know it: the doors of HTTP+SSE have controllers under another name. */
export function outsidePath(url: string, { ssePath, sseMessagesPath }: Pick<Settings, 'ssePath' | 'sseMessagesPath'>): string {
  const path = url.split('?')[0] ?? '';
  return path.replace(/^\/-\/sse(?=\/|$)/, ssePath).replace(/^\/-\/messages(?=\/|$)/, sseMessagesPath);
}

/** The resource a request is for: the HTTP+SSE door under its own name, everything else under the canonical one. */
export function resourceAt(url: string, settings: Addresses & Pick<Settings, 'sseMessagesPath'>): ProtectedResource {
  const path = outsidePath(url, settings);
  const isSse = [settings.ssePath, settings.sseMessagesPath].some((door) => path === door || path.startsWith(`${door}/`));
  return described(settings.publicUrl + (isSse ? settings.ssePath : settings.mcpPath));
}

/**
 * The resource whose metadata is asked for by the path behind the well-known name; undefined for one that is not ours.
 * Behind a proxy that takes a prefix away, clients insert the path with the prefix and some without it.
 */
export function resourceOfMetadata(inserted: string, settings: Addresses): ProtectedResource | undefined {
  const path = inserted.replace(/\/+$/, '');
  if (path === '') return described(canonicalResource(settings));
  const prefix = new URL(settings.publicUrl).pathname.replace(/\/+$/, '');
  const found = [settings.mcpPath, settings.ssePath].find((own) => path === own || path === prefix + own);
  return found === undefined ? undefined : described(settings.publicUrl + found);
}

function described(uri: string): ProtectedResource {
  const { origin, pathname } = new URL(uri);
  return { uri, metadataUrl: `${origin}${WELL_KNOWN}${pathname}` };
}
