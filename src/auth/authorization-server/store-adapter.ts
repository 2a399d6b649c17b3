/** What the library keeps, kept in our store: hashed, sealed, redeemed once, revoked for good. */
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import type { Log } from '../../observability/log.js';
import type { Clock } from '../../protocol/clock.js';
import { isObject, objectAt, stringAt } from '../../protocol/json.js';
import type { JsonObject } from '../../protocol/message.js';
import { signInsOf } from '../evictions.js';
import type { OidcModel, OidcModelStore } from '../oidc-models.port.js';
import { clientKind } from './client-kind.js';
import type { GrantRevoker } from './grant-revoker.js';
import type { ModelSeal } from './model-seal.js';

/** What an adapter works with. */
export interface AdapterTools {
  store: OidcModelStore;
  seal: ModelSeal;
  revoker: GrantRevoker;
  clock: Clock;
  log: Log;
  refreshGraceSeconds: number;
  unusedClientSeconds: number;
}

// Their ids are no secrets, and others look into them: consents for the page of connected apps, clients for administrators.
const OPEN = new Set(['Client', 'Grant']);
const SINGLE_USE = new Set(['AuthorizationCode', 'DeviceCode']);

export class StoreAdapter implements Adapter {
  constructor(private readonly model: string, private readonly tools: AdapterTools) {}

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { clock, seal, store, unusedClientSeconds } = this.tools;
    const plain = asJson(payload);
    const kept = this.#idOf(id);
    if (this.model === 'Client' && payload.client_secret !== undefined) plain['client_secret'] = seal.hashSecret(id, payload.client_secret);
    const lifetime = this.model === 'Client' ? unusedClientSeconds : expiresIn;
    await store.upsert({
      model: this.model, id: kept, payload: OPEN.has(this.model) ? plain : seal.seal(this.model, kept, plain),
      grantId: this.#groupOf(plain),
      uid: this.model === 'Session' && payload.uid !== undefined ? seal.mark('uid', payload.uid) : undefined,
      userCode: payload.userCode === undefined ? undefined : seal.mark('user code', payload.userCode),
      consumedAt: undefined,
      expiresAt: lifetime === undefined ? undefined : clock.now() + lifetime * 1000,
    });
    // The library looks first and writes later; two proofs with one id at the same time would both pass (promise P7).
    if (this.model === 'ReplayDetection' && !await store.consume(this.model, kept, clock.now())) throw new errors.InvalidRequest('the proof was used before');
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    if (this.model === 'Client' && clientKind(id) === 'document') return undefined;
    return this.#read(await this.tools.store.find(this.model, this.#idOf(id)));
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#read(await this.tools.store.findByUid(this.model, this.tools.seal.mark('uid', uid)));
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#read(await this.tools.store.findByUserCode(this.model, this.tools.seal.mark('user code', userCode)));
  }

  async consume(id: string): Promise<void> {
    const { clock, log, revoker, store } = this.tools;
    const kept = this.#idOf(id);
    const first = await store.consume(this.model, kept, clock.now());
    if (first || !this.#isSingleUse) return;
    // The library looks first and redeems later: of two who redeem at once, one ends up here, and the grant is ended.
    const record = await store.find(this.model, kept);
    log.warn('oauth.redeemed_twice', { model: this.model });
    if (record?.grantId !== undefined) await revoker.revoke(record.grantId);
    throw new errors.InvalidGrant('already consumed');
  }

  async destroy(id: string): Promise<void> {
    await this.tools.store.destroy(this.model, this.#idOf(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.tools.revoker.revoke(grantId);
  }

  /** What it is destroyed with: a grant, or where it lets a browser in without one, the sign-ins of the person. */
  #groupOf(payload: JsonObject): string | undefined {
    const login = this.model === 'Interaction' ? objectAt(objectAt(payload, 'result') ?? {}, 'login') : undefined;
    const accountId = stringAt(this.model === 'Session' ? payload : login ?? {}, 'accountId');
    return accountId === undefined ? stringAt(payload, 'grantId') : signInsOf(accountId);
  }

  get #isSingleUse(): boolean {
    return SINGLE_USE.has(this.model) || (this.model === 'RefreshToken' && this.tools.refreshGraceSeconds === 0);
  }

  #idOf(id: string): string {
    return OPEN.has(this.model) ? id : this.tools.seal.mark(this.model, id);
  }

  #read(record: OidcModel | undefined): AdapterPayload | undefined {
    if (!record) return undefined;
    const payload = OPEN.has(this.model) ? record.payload : this.tools.seal.unseal(this.model, record.id, record.payload);
    if (!isOwnPayload(payload)) return undefined;
    return this.#countsAsUsed(record) ? { ...payload, consumed: Math.floor((record.consumedAt ?? 0) / 1000) } : { ...payload };
  }

  /**
   * Clients refresh several times at once and would be signed out by the first rule of rotation (field reports against many
   * servers): a refresh token counts as used only after a grace window. Used later than that, it was stolen.
   */
  #countsAsUsed({ consumedAt, grantId }: OidcModel): boolean {
    if (consumedAt === undefined) return false;
    if (this.model !== 'RefreshToken') return true;
    const { clock, log, refreshGraceSeconds } = this.tools;
    const isLate = clock.now() - consumedAt >= refreshGraceSeconds * 1000;
    if (isLate) log.warn('oauth.refresh_token_replayed', { grant: grantId });
    else log.info('oauth.refresh_token_used_again', { grant: grantId });
    return isLate;
  }
}

function asJson(payload: AdapterPayload): JsonObject {
  const plain: unknown = JSON.parse(JSON.stringify(payload));
  if (!isObject(plain)) throw new TypeError('The library keeps objects');
  return plain;
}

// What comes out of the seal, or out of the two open models, is what the library put in: its shape needs no second check.
function isOwnPayload(payload: unknown): payload is AdapterPayload {
  return payload !== undefined;
}
