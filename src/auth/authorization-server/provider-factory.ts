/** Makes the live server: the library with our configuration, our grant, and what answers need on their way out. */
import { Inject, Injectable } from '@nestjs/common';
import { Provider, type Client, type KoaContextWithOIDC } from 'oidc-provider';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { Clock } from '../../protocol/clock.js';
import { asFault } from '../../protocol/faults.js';
import { StorageUnavailable } from '../../protocol/storage-unavailable.js';
import { clientAddress } from '../../limits/client-address.js';
import { GuessBrake } from '../credentials/guess-brake.js';
import { OidcModelStore } from '../oidc-models.port.js';
import { AssertionGrant } from './assertion-grant.js';
import { clientKind } from './client-kind.js';
import { ASSERTION_GRANT, OPEN_GRANTS } from './client-metadata.js';
import { burnCode } from './code-burning.js';
import { ModelSeal } from './model-seal.js';
import { ProviderConfiguration } from './provider-configuration.js';
import { ResourcePolicy } from './resource-policy.js';
import { StructuredTokens } from './structured-tokens.js';

// A client in use is forgotten a year after its last token.
const USED_CLIENT_MS = 31_536_000_000;
const ID_JAG_PROFILE = 'urn:ietf:params:oauth:grant-profile:id-jag';
const STRUCTURED_ROUTES = new Set(['revocation', 'introspection']);
const AUTHENTICATED_ROUTES = new Set(['token', 'revocation', 'introspection', 'pushed_authorization_request', 'device_authorization']);
const STORAGE_RETRY_SECONDS = 5;

/** What answers a request: the library, mounted. */
export type Listener = ReturnType<Provider['callback']>;

@Injectable()
export class ProviderFactory {
  readonly #brake: GuessBrake;

  constructor(
    private readonly settings: Settings, private readonly configuration: ProviderConfiguration, private readonly assertions: AssertionGrant,
    private readonly structured: StructuredTokens, private readonly resources: ResourcePolicy,
    private readonly seal: ModelSeal, private readonly log: Log,
    @Inject(OidcModelStore) private readonly store: OidcModelStore, @Inject(Clock) private readonly clock: Clock,
  ) {
    this.#brake = new GuessBrake(clock);
  }

  /** A new server with the keys as they are now. */
  make(): Provider {
    const provider = new Provider(new URL(this.settings.publicUrl).origin, this.configuration.make());
    // Host and protocol are pinned before a request gets here; without this the library would not believe the protocol.
    provider.proxy = true;
    const { idJagIssuers } = this.settings;
    if (idJagIssuers.length > 0) provider.registerGrantType(ASSERTION_GRANT, this.assertions.handle, ['assertion', 'scope', 'resource']);
    const { seal } = this;
    Reflect.set(provider.Client.prototype, 'compareClientSecret', function compare(this: Client, actual: string): boolean {
      return seal.isSecret(this.clientId, actual, this.clientSecret ?? '');
    });
    provider.use(async (ctx, next) => {
      await next();
      if (isServed(ctx)) await this.#finish(ctx).catch((error: unknown) => this.#giveUp(ctx, error));
      else this.#refuseUnknown(ctx);
    });
    this.#watch(provider);
    return provider;
  }

  async #finish(ctx: KoaContextWithOIDC): Promise<void> {
    const { route } = ctx.oidc;
    if (route === 'token') await burnCode(ctx);
    if (STRUCTURED_ROUTES.has(route)) await this.structured.answer(ctx);
    if (route === 'discovery') this.#complete(ctx);
    if (route === 'registration') hideOwnMembers(ctx);
    if (ctx.status === 401 && AUTHENTICATED_ROUTES.has(route)) await this.#holdBack(ctx);
  }

  #giveUp(ctx: KoaContextWithOIDC, error: unknown): void {
    if (!(error instanceof StorageUnavailable)) throw error;
    comeBack(ctx, 503, STORAGE_RETRY_SECONDS);
  }

  // Row F19: who guesses client secrets waits for each answer.
  async #holdBack(ctx: KoaContextWithOIDC): Promise<void> {
    try {
      await this.#brake.holdBack(ctx.oidc.client?.clientId, clientAddress(ctx.req, this.settings));
    } catch (error) {
      const { retryAfterSeconds = 1 } = asFault(error);
      comeBack(ctx, 429, retryAfterSeconds);
    }
  }

  #complete(ctx: KoaContextWithOIDC): void {
    const body: unknown = ctx.body;
    if (typeof body !== 'object' || body === null) return;
    ctx.body = {
      ...body, scopes_supported: this.resources.supportedScopes,
      ...(this.settings.idJagIssuers.length > 0 ? { authorization_grant_profiles_supported: [ID_JAG_PROFILE] } : {}),
    };
  }

  // The path is ours, so it is the method that nothing is there for.
  #refuseUnknown(ctx: { status: number; body: unknown }): void {
    if (ctx.status !== 404 || ctx.body !== undefined) return;
    ctx.status = 405;
    ctx.body = { error: 'invalid_request', error_description: 'this method is not served here' };
  }

  #watch(provider: Provider): void {
    provider.on('grant.success', (ctx) => void this.#keepClient(ctx).catch((error: unknown) => this.log.error('oauth.client_not_kept', { error: String(error) })));
    provider.on('registration_create.success', (_ctx, { clientId, clientName }) => this.log.info('oauth.client_registered', { client: clientId, name: clientName }));
    provider.on('grant.revoked', (_ctx, grantId) => this.log.info('oauth.grant_revoked', { grant: grantId }));
    provider.on('grant.error', (ctx, error) => this.log.info('oauth.token_refused', { client: ctx.oidc.client?.clientId, grant: knownGrant(ctx.oidc.params?.['grant_type']), error: error.message, detail: error.error_detail }));
    provider.on('authorization.error', (ctx, error) => this.log.info('oauth.authorization_refused', { client: ctx.oidc.client?.clientId, error: error.message, detail: error.error_detail }));
    provider.on('registration_create.error', (_ctx, error) => this.log.info('oauth.registration_refused', { error: error.message, detail: error.error_description }));
    provider.on('server_error', (ctx, error) => this.#explain(ctx, error));
  }

  // Promise P11: a store that is away is no reason to sign anybody out.
  #explain(ctx: KoaContextWithOIDC, error: Error): void {
    if (error instanceof StorageUnavailable) comeBack(ctx, 503, STORAGE_RETRY_SECONDS);
    this.log.error('oauth.failed', { path: ctx.path, error: error.stack ?? error.message });
  }

  // A self-registered client that got a token is in use; each later one renews its time, but not on every request.
  async #keepClient({ oidc: { client } }: KoaContextWithOIDC): Promise<void> {
    if (!client || clientKind(client.clientId) !== 'registration') return;
    const kept = await this.store.find('Client', client.clientId);
    const now = this.clock.now();
    if (!kept || (kept.expiresAt ?? 0) > now + USED_CLIENT_MS / 2) return;
    await this.store.upsert({ ...kept, expiresAt: now + USED_CLIENT_MS });
  }
}

function isServed(ctx: object): ctx is KoaContextWithOIDC {
  return 'oidc' in ctx && ctx.oidc !== undefined;
}

// A name somebody made up may be a secret that was put into the wrong field.
function knownGrant(asked: unknown): string {
  return [...OPEN_GRANTS, 'client_credentials', ASSERTION_GRANT].find((grant) => grant === asked) ?? 'unknown';
}

function comeBack(ctx: KoaContextWithOIDC, status: number, seconds: number): void {
  ctx.status = status;
  ctx.set('Retry-After', String(seconds));
  ctx.body = { error: 'temporarily_unavailable', error_description: 'come back in a moment' };
}

function hideOwnMembers(ctx: KoaContextWithOIDC): void {
  const body: unknown = ctx.body;
  if (typeof body !== 'object' || body === null) return;
  ctx.body = Object.fromEntries(Object.entries(body).filter(([name]) => !name.startsWith('gatehouse_')));
}
