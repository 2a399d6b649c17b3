/** The company's OpenID provider, as we speak to it: discovery, the way there, the way back (OpenID Connect Core §3.1). */
import { Inject, Injectable } from '@nestjs/common';
import {
  allowInsecureRequests, authorizationCodeGrant, buildAuthorizationUrl, calculatePKCECodeChallenge, ClientSecretBasic, ClientSecretPost,
  discovery, fetchUserInfo, None, type ClientAuth, type Configuration,
} from 'openid-client';
import { Settings } from '../../../../config/settings.js';
import { Log } from '../../../../observability/log.js';
import { Clock } from '../../../../protocol/clock.js';
import { isObject } from '../../../../protocol/json.js';
import type { JsonObject } from '../../../../protocol/message.js';
import { claimAt } from '../../../credentials/claims.js';
import type { Hop } from './hop.js';

const METADATA_MS = 3_600_000;
const TIMEOUT_SECONDS = 10;

/** Who signed in there. */
export interface Stranger {
  issuer: string;
  subject: string;
  claims: JsonObject;
}

@Injectable()
export class Upstream {
  #found: { configuration: Promise<Configuration>; at: number } | undefined;

  constructor(private readonly settings: Settings, @Inject(Clock) private readonly clock: Clock, private readonly log: Log) {}

  /** The host people are sent to. */
  get host(): string {
    return new URL(this.settings.federationIssuer ?? 'https://unknown.invalid').host;
  }

  get callback(): string {
    return `${this.settings.publicUrl}/oauth/federation/callback`;
  }

  /** Where the browser goes. Throws when the provider cannot be found. */
  async departure({ state, nonce, verifier }: Hop): Promise<string> {
    return buildAuthorizationUrl(await this.#configuration(), {
      redirect_uri: this.callback, scope: this.settings.federationScopes.join(' '), state, nonce,
      code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    }).href;
  }

  /** Redeems the code that came back with `query`. Throws for an answer that is not to this hop, or not from the provider. */
  async arrival(query: URLSearchParams, { state, nonce, verifier }: Hop): Promise<Stranger> {
    const configuration = await this.#configuration();
    const url = new URL(this.callback);
    url.search = query.toString();
    const tokens = await authorizationCodeGrant(configuration, url, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true });
    const idToken = tokens.claims();
    if (!idToken) throw new Error('The provider sent no ID token');
    const told: unknown = JSON.parse(JSON.stringify(idToken));
    const more = await this.#userInfo(configuration, tokens.access_token, idToken.sub, isObject(told) ? told : {});
    return { issuer: idToken.iss, subject: idToken.sub, claims: { ...more, ...(isObject(told) ? told : {}) } };
  }

  // Some providers keep names and groups out of the ID token; who sends them there is not asked again.
  async #userInfo(configuration: Configuration, accessToken: string, subject: string, claims: JsonObject): Promise<JsonObject> {
    const wanted = ['name', ...this.settings.roleRules.map(({ claim }) => claim)];
    if (configuration.serverMetadata().userinfo_endpoint === undefined || wanted.every((claim) => claimAt(claims, claim) !== undefined)) return {};
    const told: unknown = JSON.parse(JSON.stringify(await fetchUserInfo(configuration, accessToken, subject)));
    return isObject(told) ? told : {};
  }

  #configuration(): Promise<Configuration> {
    const now = this.clock.now();
    if (this.#found && now - this.#found.at < METADATA_MS) return this.#found.configuration;
    const configuration = this.#discover();
    this.#found = { configuration, at: now };
    configuration.catch((error: unknown) => {
      this.log.error('federation.provider_unreachable', { host: this.host, error: error instanceof Error ? error.message : String(error) });
      this.#found = undefined;
    });
    return configuration;
  }

  #discover(): Promise<Configuration> {
    const { federationIssuer, federationClientId, federationClientSecret } = this.settings;
    if (federationIssuer === undefined || federationClientId === undefined) throw new Error('Mode federated without a provider passed the rules of the settings');
    const issuer = new URL(federationIssuer);
    // The settings let plain HTTP through for loopback only.
    const execute = issuer.protocol === 'http:' ? [allowInsecureRequests] : [];
    return discovery(issuer, federationClientId, undefined, authentication(federationClientSecret), { execute, timeout: TIMEOUT_SECONDS });
  }
}

/** As the provider prefers: some take the secret in the header only, some in the body only. */
function authentication(secret: string | undefined): ClientAuth {
  if (secret === undefined) return None();
  const [basic, post] = [ClientSecretBasic(secret), ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const offered = server.token_endpoint_auth_methods_supported;
    const chosen = offered && !offered.includes('client_secret_basic') && offered.includes('client_secret_post') ? post : basic;
    return chosen(server, client, body, headers);
  };
}
