/**
 * What a client may say about itself. Clients nobody knows get the grants in which a person takes part, and nothing else
 * (self-registration that hands out machine grants is a bypass of authentication); the rest is made to fit what real clients
 * send rather than refused.
 */
import { errors, type ClientMetadata } from 'oidc-provider';
import { clientKind } from './client-kind.js';
import { isLoopbackRedirect, isPrivateScheme, redirectUriFault } from './redirect-uri.js';

/** The device grant (RFC 8628). */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
/** The grant that exchanges an assertion of a trusted identity provider (RFC 7523). */
export const ASSERTION_GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** What a client nobody knows may use: a person takes part in each. */
export const OPEN_GRANTS: readonly string[] = ['authorization_code', 'refresh_token', DEVICE_GRANT];

// Unknown scopes would refuse the registration and narrow ones forbid stepping up later; the rest would make requests
// without `openid` fail, or make us fetch something.
const IGNORED = [
  'scope', 'sector_identifier_uri', 'initiate_login_uri', 'default_max_age', 'default_acr_values', 'require_auth_time',
  'response_modes', 'subject_type', 'id_token_signed_response_alg', 'authorization_details_types', 'contacts',
] as const;
const MAX_REDIRECTS = 32;
const MAX_NAME = 128;

/** Makes the metadata of a stranger safe and usable, in place; throws what the library answers the client with. */
export function tameMetadata(metadata: ClientMetadata): void {
  const kind = clientKind(metadata.client_id);
  if (kind === 'operator') return;
  for (const name of IGNORED) Reflect.deleteProperty(metadata, name);
  for (const [name, value] of Object.entries(metadata)) {
    // Clients write out what they do not have (`client_uri: ""`).
    if (value === '' || value === null) Reflect.deleteProperty(metadata, name);
    if (name.startsWith('gatehouse_')) Reflect.deleteProperty(metadata, name);
  }
  if (kind === 'document') checkDocument(metadata);
  if (metadata.token_endpoint_auth_method !== 'private_key_jwt') {
    delete metadata.jwks;
    delete metadata.jwks_uri;
  }
  if (metadata.client_name !== undefined) metadata.client_name = readableName(metadata.client_name);
  tameGrants(metadata);
  tameRedirects(metadata);
}

/** Text that a page can show: no control or direction characters, not too long. */
function readableName(name: unknown): string {
  if (typeof name !== 'string') throw new errors.InvalidClientMetadata('client_name must be a text');
  const plain = name.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, ' ').trim().slice(0, MAX_NAME);
  return plain === '' ? 'unnamed' : plain;
}

function checkDocument(metadata: ClientMetadata): void {
  if (typeof metadata.client_name !== 'string' || metadata.client_name.trim() === '') throw new errors.InvalidClientMetadata('client_name is mandatory property');
  if (!Array.isArray(metadata.redirect_uris) || metadata.redirect_uris.length === 0) throw new errors.InvalidClientMetadata('redirect_uris is mandatory property');
  if (metadata.token_endpoint_auth_method !== 'private_key_jwt') metadata.token_endpoint_auth_method = 'none';
}

function tameGrants(metadata: ClientMetadata): void {
  const asked: unknown = metadata.grant_types;
  if (!Array.isArray(asked)) throw new errors.InvalidClientMetadata('grant_types must be an array');
  const grants = OPEN_GRANTS.filter((grant) => asked.includes(grant));
  if (grants.every((grant) => grant === 'refresh_token')) throw new errors.InvalidClientMetadata(`grant_types must contain one of ${OPEN_GRANTS.join(', ')}`);
  const types: unknown = metadata.response_types;
  const wantsCode = grants.includes('authorization_code');
  if (wantsCode && !(Array.isArray(types) && types.includes('code'))) throw new errors.InvalidClientMetadata('response_types must contain code');
  metadata.grant_types = grants;
  metadata.response_types = wantsCode ? ['code'] : [];
}

function tameRedirects(metadata: ClientMetadata): void {
  const uris: unknown = metadata.redirect_uris ?? [];
  if (!Array.isArray(uris) || uris.length > MAX_REDIRECTS) throw new errors.InvalidClientMetadata(`redirect_uris must be at most ${MAX_REDIRECTS} addresses`);
  for (const list of [uris, metadata.post_logout_redirect_uris ?? []]) {
    const fault = list.map(redirectUriFault).find((found) => found !== undefined);
    if (fault !== undefined) throw new errors.InvalidClientMetadata(`redirect_uris ${fault}`);
  }
  // Whoever waits on loopback or behind a scheme of its own is native, whatever it says: ports vary, consent is always asked.
  const native = uris.some((uri: string) => isLoopbackRedirect(uri) || isPrivateScheme(uri));
  if (native) metadata.application_type = 'native';
}
