/** The settings of the library, every default that is unsafe or that clients trip over replaced. */
import { Inject, Injectable } from '@nestjs/common';
import type { Configuration } from 'oidc-provider';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { Clock, Random } from '../../protocol/clock.js';
import { OidcModelStore } from '../oidc-models.port.js';
import { SigningKeys } from '../credentials/signing-keys.js';
import { ClientDocuments } from './client-documents.js';
import { REGISTRATION_PREFIX } from './client-kind.js';
import { tameMetadata } from './client-metadata.js';
import { OWN_METADATA } from './client-registry.js';
import { CrossOrigin } from './cross-origin.js';
import { paths } from './endpoints.js';
import { GrantRevoker } from './grant-revoker.js';
import { ModelSeal } from './model-seal.js';
import { PageHooks, SESSION_COOKIE } from './page-hooks.js';
import { ProviderPolicy } from './provider-policy.js';
import { OPENID_SCOPES, ResourcePolicy } from './resource-policy.js';
import { StoreAdapter, type AdapterTools } from './store-adapter.js';
import { TokenClaims } from './token-claims.js';

const CODE_SECONDS = 60;
const DEVICE_CODE_SECONDS = 600;
const INTERACTION_SECONDS = 600;
const ID_TOKEN_SECONDS = 3600;

@Injectable()
export class ProviderConfiguration {
  readonly #tools: AdapterTools;

  constructor(
    private readonly settings: Settings, private readonly keys: SigningKeys, private readonly seal: ModelSeal,
    private readonly resources: ResourcePolicy, private readonly policy: ProviderPolicy, private readonly pages: PageHooks,
    private readonly documents: ClientDocuments, private readonly claims: TokenClaims, private readonly crossOrigin: CrossOrigin,
    @Inject(Random) private readonly random: Random,
    @Inject(OidcModelStore) store: OidcModelStore, @Inject(Clock) clock: Clock, revoker: GrantRevoker, log: Log,
  ) {
    const { refreshGraceSeconds, unusedClientSeconds } = settings;
    this.#tools = { store, seal, revoker, clock, log, refreshGraceSeconds, unusedClientSeconds };
  }

  /** The configuration for the keys as they are now. */
  make(): Configuration {
    const { settings, policy, resources } = this;
    const { signingAlgorithm: alg } = settings;
    return {
      adapter: (model) => new StoreAdapter(model, this.#tools),
      jwks: { keys: this.keys.privateKeys().map((key) => ({ ...key, kty: key.kty ?? '' })) },
      routes: paths.routes,
      cookies: this.#cookies(),
      scopes: [...OPENID_SCOPES],
      claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
      responseTypes: ['code'],
      clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
      clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], id_token_signed_response_alg: alg },
      enabledJWA: { idTokenSigningAlgValues: [alg], clientAuthSigningAlgValues: ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] },
      pkce: { required: () => true },
      clockTolerance: settings.clockSkewSeconds,
      extraParams: { gatehouse_default_scope: resources.defaultScope },
      extraClientMetadata: {
        properties: OWN_METADATA,
        // Called once for each member; once is enough.
        validator: (_ctx, name, _value, metadata) => (name === OWN_METADATA[0] ? tameMetadata(metadata) : undefined),
      },
      extraTokenClaims: this.claims.claimsOf,
      findAccount: policy.findAccount, loadExistingGrant: policy.loadGrant, revokeGrantPolicy: () => true,
      issueRefreshToken: policy.issueRefreshToken, rotateRefreshToken: true, expiresWithSession: () => Promise.resolve(false),
      interactions: { policy: policy.interactions, url: (_ctx, { uid }) => `${paths.interaction}/${uid}` },
      renderError: this.pages.renderError,
      clientBasedCORS: (_ctx, origin, client) => this.crossOrigin.isAllowed(origin, client.redirectUris),
      fetch: this.documents.fetch,
      fetchResponseBodyLimits: { 'client_id metadata document': 5 * 1024, jwks_uri: 64 * 1024, sector_identifier_uri: 0 },
      ttl: {
        AccessToken: settings.accessTokenSeconds, ClientCredentials: settings.accessTokenSeconds, IdToken: ID_TOKEN_SECONDS,
        AuthorizationCode: CODE_SECONDS, DeviceCode: DEVICE_CODE_SECONDS, Interaction: INTERACTION_SECONDS,
        RefreshToken: settings.refreshTokenSeconds, Grant: settings.grantSeconds, Session: settings.signInSeconds,
      },
      features: this.#features(),
    };
  }

  #features(): NonNullable<Configuration['features']> {
    const { settings, policy, resources, pages } = this;
    return {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      revocation: { enabled: true, allowedPolicy: policy.mayRevoke },
      introspection: { enabled: true, allowedPolicy: policy.mayIntrospect },
      rpInitiatedLogout: { enabled: true, logoutSource: pages.logout, postLogoutSuccessSource: pages.logoutDone },
      deviceFlow: {
        enabled: true, deviceInfo: pages.deviceInfo, userCodeInputSource: pages.deviceInput,
        userCodeConfirmSource: pages.deviceConfirm, successSource: pages.deviceDone,
      },
      registration: {
        enabled: settings.clientRegistration, issueRegistrationAccessToken: false,
        idFactory: () => REGISTRATION_PREFIX + this.random.bytes(16).toString('hex'),
        secretFactory: () => Promise.resolve(this.random.bytes(32).toString('base64url')),
      },
      clientIdMetadataDocument: {
        enabled: settings.clientDocuments, ack: 'draft-02', cacheDuration: this.documents.cacheDuration,
        allowFetch: policy.mayFetchDocument, allowClient: () => Promise.resolve(true),
      },
      resourceIndicators: {
        enabled: true, defaultResource: resources.defaultResource, useGrantedResource: () => Promise.resolve(true),
        getResourceServerInfo: resources.resourceServer,
      },
    };
  }

  #cookies(): Configuration['cookies'] {
    const secure = this.settings.publicUrl.startsWith('https:');
    // The prefixes make browsers refuse cookies planted from a sub-domain or over plain HTTP (RFC 6265bis §4.1.3).
    const names = secure
      ? { session: '__Host-gatehouse_session', interaction: '__Secure-gatehouse_interaction', resume: '__Secure-gatehouse_resume' }
      : { session: 'gatehouse_session', interaction: 'gatehouse_interaction', resume: 'gatehouse_resume' };
    const { path: _everywhere, ...flags } = SESSION_COOKIE;
    return { names, long: SESSION_COOKIE, short: flags, keys: [this.seal.cookieKey] };
  }
}
