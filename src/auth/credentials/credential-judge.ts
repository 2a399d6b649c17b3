/** Decides which strategy judges a credential, and holds those that the settings ask for. */
import type { Settings } from '../../config/settings.js';
import type { Clock } from '../../protocol/clock.js';
import { Fault } from '../../protocol/faults.js';
import { ownAudiences, issuerOf } from '../resource.js';
import type { Revocations } from '../revocations.port.js';
import type { UserStore } from '../users.port.js';
import { AccessTokenStrategy } from './access-token.strategy.js';
import { ExternalTokens } from './external-tokens.js';
import { IntrospectedStrategy } from './introspected.strategy.js';
import { Introspection } from './introspection.js';
import { IssuerDiscovery } from './issuer-metadata.js';
import { readKey } from './key-text.js';
import type { KeyStrategy } from './key.strategy.js';
import { OwnTokens, type MachineRights } from './own-tokens.js';
import { PassportRun } from './passport-run.js';
import type { Presented } from './presented.js';
import { RemoteKeys } from './remote-keys.js';
import { SharedSecretStrategy } from './shared-secret.strategy.js';
import type { StaticKeys } from './static-keys.js';
import { OwnTokenKeys, type PublicKeys } from './token-keys.js';
import { looksLikeToken, malformed, readTokenHeader } from './token-shape.js';
import type { Verified } from './verified.js';

/** What judging takes. */
export interface JudgeParts {
  settings: Settings;
  staticKeys: StaticKeys;
  keyStrategy: KeyStrategy;
  signingKeys: PublicKeys;
  users: UserStore;
  machines: MachineRights;
  revocations: Revocations;
  clock: Clock;
}

export class CredentialJudge {
  readonly #run = new PassportRun();
  readonly #staticKeys: StaticKeys;
  readonly #asksIssuer: boolean;
  readonly #hasSecret: boolean;

  constructor(parts: JudgeParts) {
    const { settings, clock } = parts;
    this.#staticKeys = parts.staticKeys;
    this.#hasSecret = settings.jwtSecret !== undefined;
    this.#asksIssuer = settings.authMode === 'external' && settings.externalVerification === 'introspection';
    this.#run.add('key', parts.keyStrategy);
    if (settings.jwtSecret !== undefined) {
      const options = { secret: settings.jwtSecret, audiences: ownAudiences(settings), skewSeconds: settings.clockSkewSeconds };
      this.#run.add('shared-secret', new SharedSecretStrategy(options, clock));
    }
    if (settings.authMode === 'external') this.#addExternal(parts);
    else this.#addOwn(parts);
  }

  /** The verdict. Throws `token_invalid`, `token_expired`, `access_denied`, `credentials_unavailable`. */
  async judge(presented: Presented): Promise<Verified> {
    const strategy = this.#strategyFor(presented);
    try {
      return await this.#run.judge(strategy, presented);
    } catch (error) {
      // What the library says about a token stays in the log (fault 16); people read that it is no good (R32).
      const isVague = strategy !== 'key' && error instanceof Fault && error.fault === 'token_invalid' && looksLikeToken(presented.text);
      throw isVague ? malformed(reasonOf(error)) : error;
    }
  }

  // Keys first: one that begins like a token is a key all the same (R27, fault 13).
  #strategyFor({ scheme, text }: Presented): string {
    if (scheme === 'key' || readKey(text) || this.#staticKeys.find(text)) return 'key';
    if (!looksLikeToken(text)) return this.#asksIssuer ? 'introspected' : 'key';
    const { alg } = readTokenHeader(text);
    if (alg !== 'HS256') return this.#asksIssuer ? 'introspected' : 'access-token';
    if (!this.#hasSecret) throw malformed('algorithm');
    return 'shared-secret';
  }

  #addOwn({ settings, signingKeys, users, machines, revocations, clock }: JudgeParts): void {
    const judge = new OwnTokens(users, machines, revocations, clock, settings.clockSkewSeconds);
    const expected = { issuer: issuerOf(settings), audiences: ownAudiences(settings), typed: true };
    this.#run.add('access-token', new AccessTokenStrategy(expected, new OwnTokenKeys(signingKeys), judge));
  }

  #addExternal({ settings, clock }: JudgeParts): void {
    const { externalClientId: id, externalClientSecret: secret } = settings;
    const expected = { issuer: issuerOf(settings), audiences: ownAudiences(settings), typed: settings.externalTokenType };
    const discovery = new IssuerDiscovery(expected.issuer);
    const judge = new ExternalTokens(expected.issuer, settings, clock, this.#asksIssuer ? settings.introspectionCacheSeconds * 1000 : undefined);
    if (!this.#asksIssuer) this.#run.add('access-token', new AccessTokenStrategy(expected, new RemoteKeys(discovery), judge));
    else if (id !== undefined && secret !== undefined) {
      const introspection = new Introspection(discovery, { id, secret }, () => clock.now());
      this.#run.add('introspected', new IntrospectedStrategy(introspection, judge, expected));
    }
  }
}

function reasonOf({ detail }: Fault): string {
  return typeof detail === 'object' && detail !== null && 'reason' in detail ? String(detail.reason) : 'refused';
}
