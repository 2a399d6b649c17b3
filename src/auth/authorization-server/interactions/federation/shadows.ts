/** The people of the company's provider, as users of ours: known by (issuer, subject), never by e-mail (promise P5). */
import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../../../../config/settings.js';
import { Log } from '../../../../observability/log.js';
import { Clock } from '../../../../protocol/clock.js';
import { textClaim, wordsClaim } from '../../../credentials/claims.js';
import { OidcModelStore } from '../../../oidc-models.port.js';
import { rolesFromClaims } from '../../../roles.js';
import { UserStore, type User } from '../../../users.port.js';
import { Users } from '../../../users.js';
import type { Stranger } from './upstream.js';

// Which roles a person has from there, so that only those are taken back.
const MODEL = 'FederatedRoles';

@Injectable()
export class Shadows {
  constructor(
    private readonly users: Users, @Inject(UserStore) private readonly store: UserStore,
    @Inject(OidcModelStore) private readonly models: OidcModelStore, @Inject(Clock) private readonly clock: Clock,
    private readonly settings: Settings, private readonly log: Log,
  ) {}

  /** The user of a person who just proved who they are, with today's roles. */
  async settle(stranger: Stranger): Promise<User> {
    const known = await this.store.findByIdentity(stranger);
    if (!known) return this.#welcome(stranger);
    const name = nameOf(stranger);
    const named = known.displayName === name ? known : await this.store.update(known.id, { displayName: name }) ?? known;
    return this.settings.federationSyncRoles ? this.#syncRoles(named, this.#rolesOf(stranger)) : named;
  }

  async #welcome(stranger: Stranger): Promise<User> {
    const { issuer, subject } = stranger;
    // The id follows from the identity, so that two first sign-ins at once end with one person.
    const id = createHash('sha256').update(JSON.stringify([issuer, subject])).digest('base64url').slice(0, 22);
    const roles = this.#rolesOf(stranger);
    for (const login of loginsFor(stranger, id)) {
      const made = await this.users.createWithoutPassword({ id, login, displayName: nameOf(stranger), roles });
      const user = made ?? await this.store.find(id);
      // Neither made nor there: the login belongs to somebody else, who stays who they are.
      if (!user) continue;
      await this.#remember(id, roles);
      await this.store.link(id, { issuer, subject });
      this.log.info('federation.person_met', { user: id, roles });
      return user;
    }
    throw new Error('No login is left for a new person');
  }

  async #syncRoles(user: User, fromThere: readonly string[]): Promise<User> {
    const before = await this.#remembered(user.id);
    const ownWords = user.roles.filter((role) => !before.includes(role));
    const roles = [...new Set([...ownWords, ...fromThere])].toSorted();
    await this.#remember(user.id, fromThere.filter((role) => !ownWords.includes(role)));
    if (JSON.stringify(roles) === JSON.stringify(user.roles.toSorted())) return user;
    this.log.info('federation.roles_changed', { user: user.id, from: user.roles, to: roles });
    return await this.users.setRoles(user.id, roles) ?? user;
  }

  #rolesOf({ claims }: Stranger): string[] {
    return rolesFromClaims(claims, this.settings);
  }

  async #remembered(userId: string): Promise<string[]> {
    const kept = await this.models.find(MODEL, userId);
    return kept ? wordsClaim(kept.payload, ['roles']) : [];
  }

  async #remember(userId: string, roles: readonly string[]): Promise<void> {
    await this.models.upsert({
      model: MODEL, id: userId, payload: { roles: [...roles], at: this.clock.now() }, grantId: undefined, uid: undefined, userCode: undefined, consumedAt: undefined, expiresAt: undefined,
    });
  }
}

function nameOf({ claims, subject }: Stranger): string {
  return textClaim(claims, ['name', 'preferred_username', 'email'])?.slice(0, 200) ?? subject;
}

/** The name people know themselves by, if it is free; else one that cannot be taken. */
function loginsFor({ claims, issuer, subject }: Stranger, id: string): string[] {
  const wanted = textClaim(claims, ['preferred_username', 'email'])?.trim().slice(0, 150) || subject.slice(0, 150);
  const { host } = new URL(issuer);
  return [wanted, `${wanted} (${host})`, `${wanted} (${id})`];
}
