/** For whom access tokens are good and what they may hold (RFC 8707). */
import { Injectable } from '@nestjs/common';
import { errors, type Client, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import { Settings } from '../../config/settings.js';
import { canonicalResource } from '../resource.js';
import { SigningKeys } from '../credentials/signing-keys.js';
import { clientKind } from './client-kind.js';

/** Scopes of OpenID Connect; they are about the person, not about tools. */
export const OPENID_SCOPES: readonly string[] = ['openid', 'offline_access', 'profile', 'email'];

/** The address in its canonical form: lower-case scheme and host, no slash at the end (MCP authorization, "Canonical Server URI"). */
export function canonical(uri: string): string | undefined {
  return URL.parse(uri)?.href.replace(/\/+$/, '');
}

@Injectable()
export class ResourcePolicy {
  /** The audience of every access token. */
  readonly audience: string;
  /** All scopes that are about tools. */
  readonly scopes: readonly string[];
  readonly #accepted: ReadonlySet<string | undefined>;

  constructor(private readonly settings: Settings, private readonly keys: SigningKeys) {
    const { baselineScopes, extraScopes, publicUrl, ssePath } = settings;
    this.audience = canonicalResource(settings);
    this.scopes = [...new Set([...baselineScopes, ...extraScopes])].filter((scope) => !OPENID_SCOPES.includes(scope));
    // Clients of the older doors name the address they were given; what they get is the one token this server takes.
    this.#accepted = new Set([canonical(this.audience), canonical(publicUrl), canonical(publicUrl + ssePath)]);
  }

  /** True for an address of this server: clients name the one they were given. */
  accepts(resource: string): boolean {
    return this.#accepted.has(canonical(resource));
  }

  /** Where the client names no resource: this server, unless it only wants to know who the person is (userinfo). */
  readonly defaultResource = (ctx: KoaContextWithOIDC, _client: Client, oneOf?: readonly string[]): string | string[] | undefined => {
    if (oneOf) return [...oneOf];
    const scopes = wordsOf(ctx.oidc.params?.['scope']);
    const personOnly = scopes.includes('openid') && scopes.every((scope) => OPENID_SCOPES.includes(scope));
    return personOnly ? undefined : this.audience;
  };

  /** What a token for a resource may hold; throws `invalid_target` for a resource that is not this server. */
  readonly resourceServer = (ctx: KoaContextWithOIDC, resource: string, client: Client): ResourceServer => {
    const asked = ctx.oidc.params?.['resource'];
    if (Array.isArray(asked) && asked.length > 1) throw new errors.InvalidTarget('only one resource can be asked for');
    if (!this.accepts(resource)) throw new errors.InvalidTarget('the resource is not served here');
    const scopes = this.#scopesFor(client);
    // A machine that names no scope gets what the operator gave it.
    const { params } = ctx.oidc;
    if (params?.['grant_type'] === 'client_credentials' && params['scope'] === undefined) params['scope'] = scopes.join(' ');
    return {
      scope: scopes.join(' '), audience: this.audience,
      accessTokenFormat: 'jwt', accessTokenTTL: this.settings.accessTokenSeconds,
      jwt: { sign: { alg: this.settings.signingAlgorithm, kid: this.keys.publicKeys()[0]?.kid } },
    };
  };

  /** Where the client names no scope that is about tools or the person: the baseline. Old clients never name any. */
  readonly defaultScope = (ctx: KoaContextWithOIDC, _value: string | undefined, client: Client): void => {
    const { params } = ctx.oidc;
    if (!params) return;
    const asked = wordsOf(params['scope']);
    if (asked.some((scope) => scope !== 'offline_access')) {
      const known = [...this.scopes, ...OPENID_SCOPES];
      if (!asked.some((scope) => known.includes(scope))) throw new errors.InvalidScope('none of the requested scopes is known', asked.join(' '));
      return;
    }
    const allowed = this.#scopesFor(client);
    params['scope'] = [...asked, ...this.settings.baselineScopes.filter((scope) => allowed.includes(scope))].join(' ');
  };

  /** Which of these scopes a client may have at all. */
  limit(client: Client, scopes: readonly string[]): string[] {
    const allowed = this.#scopesFor(client);
    return scopes.filter((scope) => allowed.includes(scope));
  }

  /** Names for the metadata. */
  get supportedScopes(): string[] {
    return [...this.scopes, ...OPENID_SCOPES];
  }

  #scopesFor(client: Client): readonly string[] {
    const own = client['gatehouse_scopes'];
    if (clientKind(client.clientId) !== 'operator' || !Array.isArray(own)) return this.scopes;
    return this.scopes.filter((scope) => own.includes(scope));
  }
}

function wordsOf(value: unknown): string[] {
  return typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : [];
}
