/** The clients the operator made: programs that act for themselves, and applications that may be trusted with more. */
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock, Random } from '../../protocol/clock.js';
import type { JsonObject } from '../../protocol/message.js';
import { OidcModelStore, type OidcModel } from '../oidc-models.port.js';
import { clientKind, OPERATOR_PREFIX } from './client-kind.js';
import { ASSERTION_GRANT, DEVICE_GRANT } from './client-metadata.js';
import { GrantRevoker } from './grant-revoker.js';
import { ModelSeal } from './model-seal.js';
import { isLoopbackRedirect, isPrivateScheme, redirectUriFault } from './redirect-uri.js';

const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT, ASSERTION_GRANT] as const;

/** What a client is made of. */
export interface ClientWish {
  name: string;
  grants: readonly (typeof GRANTS)[number][];
  /** How it proves itself; `none` only for clients that act for people. */
  authentication: 'client_secret_basic' | 'private_key_jwt' | 'none';
  /** Its public keys, for `private_key_jwt`. */
  keys?: readonly JsonObject[] | undefined;
  redirectUris?: readonly string[] | undefined;
  /** The most it may ever have. */
  scopes: readonly string[];
  /** Whose rights it has where it acts for itself. */
  roles?: readonly string[] | undefined;
  tenant?: string | undefined;
  /** May ask about tokens that were given to others (RFC 7662). */
  introspects?: boolean | undefined;
}

/** A client of the operator. `createdAt`: milliseconds since the epoch. */
export interface OperatorClient extends Required<Omit<ClientWish, 'keys'>> {
  readonly clientId: string;
  readonly createdAt: number;
}

const kept = z.looseObject({
  client_id: z.string(), client_name: z.string(), grant_types: z.array(z.enum(GRANTS)), redirect_uris: z.array(z.string()),
  token_endpoint_auth_method: z.enum(['client_secret_basic', 'private_key_jwt', 'none']), client_id_issued_at: z.number(),
  gatehouse_scopes: z.array(z.string()), gatehouse_roles: z.array(z.string()), gatehouse_tenant: z.string(),
  gatehouse_introspects: z.boolean(), gatehouse_generation: z.number(),
});

/** The members of stored metadata that are ours; the library must be told of them. */
export const OWN_METADATA = ['gatehouse_scopes', 'gatehouse_roles', 'gatehouse_tenant', 'gatehouse_introspects', 'gatehouse_generation'];

const MACHINE_GRANT = 'client:';

/** True for what {@link machineGrantId} made. */
export function isMachineGrant(grantId: string): boolean {
  return grantId.startsWith(MACHINE_GRANT);
}

/** What the tokens of a client that acts for itself carry as their grant; a new secret makes a new one. */
export function machineGrantId(clientId: string, generation: unknown): string {
  return `${MACHINE_GRANT}${clientId}:${typeof generation === 'number' ? generation : 0}`;
}

@Injectable()
export class ClientRegistry {
  constructor(
    @Inject(OidcModelStore) private readonly store: OidcModelStore,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Random) private readonly random: Random,
    private readonly seal: ModelSeal, private readonly revoker: GrantRevoker,
  ) {}

  /** Makes a client. The secret is shown here and never again. Throws a RangeError for a wish that makes no sense. */
  async create(wish: ClientWish): Promise<{ client: OperatorClient; secret: string | undefined }> {
    const fault = wishFault(wish);
    if (fault !== undefined) throw new RangeError(fault);
    const { name, grants, authentication, keys, redirectUris = [], scopes, roles = [], tenant = 'default', introspects = false } = wish;
    const clientId = OPERATOR_PREFIX + this.random.bytes(12).toString('hex');
    const native = redirectUris.some((uri) => isLoopbackRedirect(uri) || isPrivateScheme(uri));
    const payload: JsonObject = {
      client_id: clientId, client_name: name, client_id_issued_at: Math.floor(this.clock.now() / 1000),
      grant_types: [...grants], response_types: grants.includes('authorization_code') ? ['code'] : [], redirect_uris: [...redirectUris],
      application_type: native ? 'native' : 'web', token_endpoint_auth_method: authentication,
      gatehouse_scopes: [...scopes], gatehouse_roles: [...roles], gatehouse_tenant: tenant, gatehouse_introspects: introspects, gatehouse_generation: 0,
      ...(keys && authentication === 'private_key_jwt' ? { jwks: { keys: [...keys] } } : {}),
    };
    await this.seal.open();
    const secret = authentication === 'client_secret_basic' ? this.#newSecret() : undefined;
    await this.#keep(clientId, payload, secret);
    return { client: clientOf(payload), secret };
  }

  /** Undefined for an unknown client and for one the operator did not make. */
  async find(clientId: string): Promise<OperatorClient | undefined> {
    const payload = await this.#payloadOf(clientId);
    return payload && clientOf(payload);
  }

  /** Sorted by id; at most `limit` after the id `after`. */
  async list(after: string | undefined, limit: number): Promise<OperatorClient[]> {
    const found = await this.store.clients(after ?? OPERATOR_PREFIX, limit);
    return found.filter(isOperator).map(({ payload }) => clientOf(payload));
  }

  /** Replaces the secret; the old one, and tokens got with it, stop working at once. Undefined for a client without a secret. */
  async rotateSecret(clientId: string): Promise<string | undefined> {
    const payload = await this.#payloadOf(clientId);
    if (!payload || payload['token_endpoint_auth_method'] !== 'client_secret_basic') return undefined;
    await this.seal.open();
    const secret = this.#newSecret();
    await this.#renew(clientId, payload, secret);
    return secret;
  }

  /**
   * Replaces the public keys; the old ones, and tokens got with them, stop working at once. For an overlap, give old and new
   * keys first and the new ones alone later. False for a client that does not prove itself with keys.
   */
  async replaceKeys(clientId: string, keys: readonly JsonObject[]): Promise<boolean> {
    const payload = await this.#payloadOf(clientId);
    if (!payload || payload['token_endpoint_auth_method'] !== 'private_key_jwt') return false;
    await this.#renew(clientId, { ...payload, jwks: { keys: [...keys] } }, undefined);
    return true;
  }

  /** Ends the tokens a client got for itself; new ones are good. False for an unknown client. */
  async endTokens(clientId: string): Promise<boolean> {
    const payload = await this.#payloadOf(clientId);
    if (payload) await this.#renew(clientId, payload, undefined);
    return payload !== undefined;
  }

  /** Forgets a client; its tokens, for itself or for people, stop working at once. False for an unknown one. */
  async revoke(clientId: string): Promise<boolean> {
    const payload = await this.#payloadOf(clientId);
    if (!payload) return false;
    await this.store.destroy('Client', clientId);
    await this.revoker.refuseTokens(machineGrantId(clientId, payload['gatehouse_generation']));
    return true;
  }

  async #payloadOf(clientId: string): Promise<JsonObject | undefined> {
    const found = clientKind(clientId) === 'operator' ? await this.store.find('Client', clientId) : undefined;
    return found?.payload;
  }

  async #renew(clientId: string, payload: JsonObject, secret: string | undefined): Promise<void> {
    const { gatehouse_generation: generation } = kept.parse(payload);
    await this.#keep(clientId, { ...payload, gatehouse_generation: generation + 1 }, secret);
    await this.revoker.refuseTokens(machineGrantId(clientId, generation));
  }

  #newSecret(): string {
    return `ghs_${this.random.bytes(32).toString('base64url')}`;
  }

  async #keep(clientId: string, payload: JsonObject, secret: string | undefined): Promise<void> {
    const hashed: JsonObject = secret === undefined ? {} : { client_secret: this.seal.hashSecret(clientId, secret) };
    await this.store.upsert({
      model: 'Client', id: clientId, payload: { ...payload, ...hashed },
      grantId: undefined, uid: undefined, userCode: undefined, consumedAt: undefined, expiresAt: undefined,
    });
  }
}

function isOperator({ id }: OidcModel): boolean {
  return clientKind(id) === 'operator';
}

function clientOf(payload: JsonObject): OperatorClient {
  const known = kept.parse(payload);
  return {
    clientId: known.client_id, name: known.client_name, grants: known.grant_types, authentication: known.token_endpoint_auth_method,
    redirectUris: known.redirect_uris, scopes: known.gatehouse_scopes, roles: known.gatehouse_roles, tenant: known.gatehouse_tenant,
    introspects: known.gatehouse_introspects, createdAt: known.client_id_issued_at * 1000,
  };
}

function wishFault({ name, grants, authentication, keys, redirectUris = [] }: ClientWish): string | undefined {
  const machine = grants.includes('client_credentials') || grants.includes(ASSERTION_GRANT);
  if (name.trim() === '') return 'A client needs a name';
  if (grants.length === 0) return 'A client needs a grant';
  if (machine && authentication === 'none') return 'A client that acts for itself must be able to prove itself';
  if (authentication === 'private_key_jwt' && (keys ?? []).length === 0) return 'private_key_jwt needs the public keys of the client';
  if (grants.includes('authorization_code') && redirectUris.length === 0) return 'authorization_code needs a redirect URI';
  const fault = redirectUris.map(redirectUriFault).find((found) => found !== undefined);
  return fault === undefined ? undefined : `Redirect URIs ${fault}`;
}
