/** Documents that web pages of any origin may read: they say where to sign in, the same to everybody (RFC 9728 §3). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Settings } from '../config/settings.js';

const PATH = '/.well-known/oauth-protected-resource';
const METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** True for a reader of the metadata of a protected resource, at the root or under the path of a door. */
export function readsOpenDocument({ method = '' }: IncomingMessage, path: string, { authMode }: Pick<Settings, 'authMode'>): boolean {
  return authMode !== 'none' && METHODS.includes(method) && (path === PATH || path.startsWith(`${PATH}/`));
}

/** The CORS headers of the authorization server's metadata, which the page reads next. True for a preflight, which is answered. */
export function openToPages({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
  response.setHeader('Vary', 'Origin');
  response.setHeader('Access-Control-Allow-Origin', headers.origin ?? '*');
  if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return false;
  response.setHeader('Access-Control-Max-Age', '3600');
  response.setHeader('Access-Control-Allow-Methods', 'GET');
  const asked = headers['access-control-request-headers'];
  if (asked !== undefined) response.setHeader('Access-Control-Allow-Headers', asked);
  response.writeHead(204).end();
  return true;
}
