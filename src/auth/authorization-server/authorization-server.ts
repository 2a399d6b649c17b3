/**
 * The authorization server as the transport sees it: paths it owns, and a handler for them that runs before any parser.
 * Whatever a request says about the host it was sent to, the library only ever sees the one of the public URL: it builds
 * addresses from it (Host poisoning), and cookies, and what a client's assertion must be meant for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Log } from '../../observability/log.js';
import { Clock } from '../../protocol/clock.js';
import { OidcModelStore } from '../oidc-models.port.js';
import { Revocations } from '../revocations.port.js';
import { SigningKeys } from '../credentials/signing-keys.js';
import { cacheControl, CrossOrigin } from './cross-origin.js';
import { paths, routeOf } from './endpoints.js';
import { FrontLimits } from './front-limits.js';
import { ModelSeal } from './model-seal.js';
import { PageHooks } from './page-hooks.js';
import { ProviderFactory, type Listener } from './provider-factory.js';
import { ProviderHolder } from './provider-holder.js';

const PURGE_MS = 600_000;
// No `form-action`: browsers apply it to the redirects after a form, which lead to the client. The library's own pages post
// themselves with a script, whose hash it adds here.
const POLICY = "default-src 'none'; script-src 'none'; base-uri 'none'; frame-ancestors 'none'";

@Injectable()
export class AuthorizationServer implements OnModuleInit, OnModuleDestroy {
  readonly #issuer: URL;
  readonly #inserted: readonly string[];
  #listener: Listener | undefined;
  #stopWatching: () => void = () => undefined;
  #purge: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: Settings, private readonly holder: ProviderHolder, private readonly factory: ProviderFactory,
    private readonly keys: SigningKeys, private readonly seal: ModelSeal, private readonly pages: PageHooks,
    private readonly crossOrigin: CrossOrigin, private readonly log: Log,
    private readonly limits: FrontLimits,
    @Inject(OidcModelStore) private readonly store: OidcModelStore, @Inject(Revocations) private readonly revocations: Revocations,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.#issuer = new URL(new URL(settings.publicUrl).origin);
    const base = new URL(settings.publicUrl).pathname.replace(/\/$/, '');
    this.#inserted = [...new Set([settings.mcpPath, settings.ssePath].flatMap((path) => [path, base + path]))];
  }

  async onModuleInit(): Promise<void> {
    await Promise.all([this.keys.open(), this.seal.open()]);
    this.#renew();
    this.#stopWatching = this.keys.onChange(() => this.#renew());
    this.#purge = setInterval(() => void this.#forgetExpired(), PURGE_MS).unref();
  }

  onModuleDestroy(): void {
    this.#stopWatching();
    clearInterval(this.#purge);
  }

  /** The identifier of this server, byte for byte as tokens and metadata spell it (RFC 8414 §3.3). */
  get issuer(): string {
    return this.#issuer.origin;
  }

  /** Whether a path, without its query, is answered here. */
  owns(path: string): boolean {
    return routeOf(path, this.#inserted) !== undefined;
  }

  /** Answers a request for a path it owns; the body must not have been read. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#handle(request, response).catch((error: unknown) => {
      this.log.error('oauth.failed', { error: error instanceof Error ? error.stack : String(error) });
      if (!response.headersSent) response.writeHead(500, { 'Content-Type': 'application/json' });
      response.end('{"error":"server_error"}');
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, path = '', search = ''] = /^([^?]*)(.*)$/s.exec(request.url ?? '') ?? [];
    const route = routeOf(path, this.#inserted) ?? path;
    this.#pin(request);
    this.#protect(route, response);
    request.url = route + search;
    const query = new URLSearchParams(search);
    const userCode = query.get('user_code');
    // Two addresses to go back to: none is trusted, and without a client the library shows a page instead (row F1).
    if (route === paths.routes.authorization && query.getAll('redirect_uri').length > 1) request.url = route;
    if (route === paths.routes.code_verification && request.method === 'GET' && userCode !== null) {
      this.pages.prefill(request, userCode.slice(0, 32));
      request.url = route;
    }
    if (this.crossOrigin.handle(route, request, response)) return;
    const listener = this.#listener;
    if (!listener) throw new Error('The authorization server has not started');
    await this.limits.serve(route, request, response, () => listener(request, response));
  }

  #pin(request: IncomingMessage): void {
    const { headers } = request;
    headers.host = this.#issuer.host;
    headers['x-forwarded-proto'] = this.#issuer.protocol.slice(0, -1);
    for (const name of ['forwarded', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix', ':authority']) Reflect.deleteProperty(headers, name);
  }

  #protect(route: string, response: ServerResponse): void {
    response.setHeader('Content-Security-Policy', POLICY);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    // Not `no-referrer`: with it browsers post forms with `Origin: null`, which the edge refuses.
    response.setHeader('Referrer-Policy', 'same-origin');
    const cache = cacheControl(route, this.settings.signingKeyLeadSeconds);
    if (cache !== undefined) response.setHeader('Cache-Control', cache);
  }

  #renew(): void {
    const provider = this.factory.make();
    this.#listener = provider.callback();
    this.holder.swap(provider);
  }

  async #forgetExpired(): Promise<void> {
    try {
      const now = this.clock.now();
      const removed = await this.store.purge(now);
      await this.revocations.purge(now);
      if (removed > 0) this.log.debug('oauth.purged', { removed });
    } catch (error) {
      this.log.warn('oauth.purge_failed', { error: String(error) });
    }
  }
}
