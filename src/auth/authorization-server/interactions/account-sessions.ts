/** Who is signed in on the page of connected applications: short, ended by sign-out, by a new password, by the operator. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock, Random } from '../../../protocol/clock.js';
import { OidcModelStore } from '../../oidc-models.port.js';
import { UserStore, type User } from '../../users.port.js';
import { Cookies } from './cookies.js';

const MODEL = 'AccountSession';
const SECONDS = 3600;
const shape = z.object({ user: z.string(), epoch: z.number() });

/** A browser in which somebody is signed in. */
export interface AccountSession {
  /** Names the session without being the secret. */
  id: string;
  user: User;
}

@Injectable()
export class AccountSessions {
  constructor(
    @Inject(OidcModelStore) private readonly models: OidcModelStore, @Inject(UserStore) private readonly users: UserStore,
    private readonly cookies: Cookies, @Inject(Clock) private readonly clock: Clock, @Inject(Random) private readonly random: Random,
  ) {}

  /** Opens a session under a new secret, whatever the browser brought with it, and ends the one it had (row F9). */
  async open(user: User, request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.end(request, response);
    const secret = this.random.bytes(32).toString('base64url');
    await this.models.upsert({
      model: MODEL, id: idOf(secret), payload: { user: user.id, epoch: user.epoch }, grantId: undefined, uid: undefined, userCode: undefined,
      consumedAt: undefined, expiresAt: this.clock.now() + SECONDS * 1000,
    });
    this.cookies.write(response, 'gatehouse_account', secret, SECONDS);
  }

  async find(request: IncomingMessage): Promise<AccountSession | undefined> {
    const secret = this.cookies.read(request, 'gatehouse_account');
    const kept = secret === undefined ? undefined : await this.models.find(MODEL, idOf(secret));
    if (!kept) return undefined;
    const { user: userId, epoch } = shape.parse(kept.payload);
    const user = await this.users.find(userId);
    return user && !user.disabled && user.epoch === epoch ? { id: kept.id, user } : undefined;
  }

  async end(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const secret = this.cookies.read(request, 'gatehouse_account');
    if (secret !== undefined) await this.models.destroy(MODEL, idOf(secret));
    this.cookies.clear(response, 'gatehouse_account');
  }
}

// 256 random bits need no key and no salt to stay secret behind a hash.
function idOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
