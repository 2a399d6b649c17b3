/** Who may use which tool, resource and prompt: by role, by scope, and by what its author and the operator opened (R34–R37). */
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import type { AccessKind, AccessPolicy, Decision, Requirement } from '../protocol/access.js';
import type { Caller } from '../protocol/caller.js';
import { RevocationWatch } from './credentials/revocation-watch.js';
import { RoleMap, type Mapped } from './role-map.js';

const ADMIN = 'admin';
const ALLOWED: Decision = { kind: 'allowed' };
const HIDDEN: Decision = { kind: 'hidden' };
const MOST_REMEMBERED = 20_000;

@Injectable()
export class RolePolicy implements AccessPolicy {
  readonly uniform: boolean;
  readonly #mapped = new Map<string, Mapped | undefined>();
  readonly #permissions = new WeakMap<Caller, string>();

  constructor(
    @Inject(RoleMap) private readonly map: RoleMap, private readonly settings: Settings, private readonly watch: RevocationWatch,
  ) {
    this.uniform = settings.authMode === 'none';
  }

  permissionsOf(caller: Caller): string {
    if (this.uniform) return '';
    const known = this.#permissions.get(caller);
    if (known !== undefined) return known;
    // Decisions look at nothing else of a caller.
    const text = JSON.stringify([caller.kind, caller.roles.toSorted(), caller.scopes.toSorted()]);
    this.#permissions.set(caller, text);
    return text;
  }

  decide(caller: Caller, kind: AccessKind, name: string, requirement: Requirement): Decision {
    const isAdmin = caller.roles.includes(ADMIN);
    // Nobody signs in on a server without authentication: its one caller is admin, and no credential limits him.
    if (isAdmin && caller.kind === 'anonymous') return ALLOWED;
    const mapped = this.#find(kind, name);
    if (requirement.public || mapped?.public) return ALLOWED;
    const roles = mapped?.roles ?? new Set(requirement.roles);
    if (caller.kind === 'anonymous') return mapped?.everyone || roles.size > 0 ? this.#signIn(requirement) : HIDDEN;
    if (!isAdmin && !mapped?.everyone && !caller.roles.some((role) => roles.has(role))) return HIDDEN;
    return this.#judgeScopes(caller, requirement.scopes ?? []);
  }

  onChange(listener: () => void): void {
    this.watch.onChange(listener);
  }

  #judgeScopes(caller: Caller, wanted: readonly string[]): Decision {
    const missing = wanted.filter((scope) => !this.#holds(caller, scope));
    if (missing.length === 0) return ALLOWED;
    // The scopes of a key are what they are, and a role has its limits: asking for more would lead nowhere.
    if (caller.kind === 'key' || !missing.every((scope) => this.map.mayHold(caller.roles, scope))) return HIDDEN;
    return { kind: 'step_up', scopes: wanted };
  }

  // What a person gave to a client is never more than their roles allow today, whatever was written into the token.
  #holds({ kind, roles, scopes }: Caller, wanted: string): boolean {
    return scopes.some((held) => this.map.covers(held, wanted)) && (kind !== 'user' || this.map.mayHold(roles, wanted));
  }

  #signIn({ scopes = [] }: Requirement): Decision {
    return { kind: 'sign_in', scopes: scopes.length > 0 ? scopes : this.settings.baselineScopes };
  }

  #find(kind: AccessKind, name: string): Mapped | undefined {
    const key = `${kind} ${name}`;
    if (this.#mapped.has(key)) return this.#mapped.get(key);
    const found = this.map.find(kind, name);
    if (this.#mapped.size >= MOST_REMEMBERED) this.#mapped.clear();
    this.#mapped.set(key, found);
    return found;
  }
}
