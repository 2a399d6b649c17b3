/** What an application keeps for its OAuth client: the same object serves both generations of official clients. */
import type { OAuthClientProvider, OAuthDiscoveryState, StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import type { AuthPerson } from './mcp-auth-person.js';

/** How the application introduces itself. */
export interface Introduction {
  name?: string;
  /** Loopback, so that it counts as native and is always asked for consent. */
  redirectUrl?: string;
  authentication?: 'none' | 'client_secret_post' | 'client_secret_basic';
  /** The address of its metadata document, instead of registering. */
  document?: string;
}

export class KeptCredentials implements OAuthClientProvider {
  readonly redirectUrl: string;
  readonly clientMetadataUrl?: string;
  client: StoredOAuthClientInformation | undefined;
  kept: StoredOAuthTokens | undefined;
  /** Every set of tokens that was given out, oldest first. */
  readonly given: StoredOAuthTokens[] = [];
  /** Every address the browser was sent to. */
  readonly asked: URL[] = [];
  readonly #metadata: OAuthClientProvider['clientMetadata'];
  #verifier = '';
  #discovered: OAuthDiscoveryState | undefined;
  #back: URL | undefined;

  constructor(readonly person: AuthPerson, { name = 'An application', redirectUrl = 'http://127.0.0.1:33418/callback', authentication = 'none', document }: Introduction = {}) {
    this.redirectUrl = redirectUrl;
    if (document !== undefined) this.clientMetadataUrl = document;
    this.#metadata = {
      client_name: name, redirect_uris: [redirectUrl], token_endpoint_auth_method: authentication,
      grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
    };
  }

  get clientMetadata(): OAuthClientProvider['clientMetadata'] {
    return this.#metadata;
  }

  /** What came back with the browser; good once. */
  takeAnswer(): URLSearchParams {
    if (!this.#back) throw new Error('Nobody was sent to sign in');
    const { searchParams } = this.#back;
    this.#back = undefined;
    return searchParams;
  }

  /** The access token in use. */
  get accessToken(): string {
    if (!this.kept) throw new Error('There are no tokens');
    return this.kept.access_token;
  }

  state(): string {
    return 'a state of its own';
  }

  clientInformation(): StoredOAuthClientInformation | undefined {
    return this.client;
  }

  saveClientInformation(information: StoredOAuthClientInformation): void {
    this.client = information;
  }

  tokens(): StoredOAuthTokens | undefined {
    return this.kept;
  }

  saveTokens(tokens: StoredOAuthTokens): void {
    this.kept = tokens;
    this.given.push(tokens);
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    this.asked.push(url);
    this.#back = await this.person.agree(url);
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovered = state;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovered;
  }

  invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (scope === 'all' || scope === 'client') this.client = undefined;
    if (scope === 'all' || scope === 'tokens') this.kept = undefined;
    if (scope === 'all' || scope === 'discovery') this.#discovered = undefined;
  }
}
