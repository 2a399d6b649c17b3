/** The first person: made when the server starts with nobody in it, so that somebody can let the others in. */
import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { UserStore } from './users.port.js';
import { Users } from './users.js';

const LOGIN = 'admin';

@Injectable()
export class FirstAdmin {
  constructor(private readonly users: Users, @Inject(UserStore) private readonly store: UserStore, private readonly settings: Settings) {}

  /**
   * The login and the one-time password to print, exactly once: undefined where people exist, where they sign in
   * elsewhere, and in the process that came second. The password must be replaced at the first sign-in.
   */
  async ensure(): Promise<{ login: string; password: string } | undefined> {
    if (this.settings.authMode !== 'embedded' || await this.store.count() > 0) return undefined;
    const welcome = await this.users.create({ login: LOGIN, displayName: 'Administrator', roles: ['admin'] });
    return welcome && { login: LOGIN, password: welcome.oneTimePassword };
  }
}
