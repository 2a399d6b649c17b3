/** Signing in with a login and a password kept here. */
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '../../../protocol/clock.js';
import { fault } from '../../../protocol/faults.js';
import { DEVICE_DAYS, KnownDevices } from '../../accounts/known-devices.js';
import { SignIn } from '../../accounts/sign-in.js';
import { PageKeys } from '../../page-keys.js';
import type { User } from '../../users.port.js';
import { Users } from '../../users.js';
import type { Form } from './form-body.js';
import type { PageContent } from './pages/layout.js';
import { newPasswordPage, signInPage } from './pages/sign-in-pages.js';
import type { Keepsake, SignInDialog, Step, Visit } from './sign-in-dialog.js';

const typed = z.object({ decision: z.literal('sign_in').optional(), login: z.string().max(200), password: z.string().max(1000) });
const chosen = z.object({ decision: z.literal('change'), ticket: z.string().max(2000), password: z.string().max(1000), repeated: z.string().max(1000) });
const ticketShape = z.object({ user: z.string(), epoch: z.number(), visit: z.string(), until: z.number() });

const TICKET_MS = 600_000;
const REASON = 'Somebody else chose your password. Replace it with one that only you know.';

@Injectable()
export class PasswordDialog implements SignInDialog {
  constructor(
    private readonly signIn: SignIn, private readonly users: Users, private readonly devices: KnownDevices,
    private readonly keys: PageKeys, @Inject(Clock) private readonly clock: Clock,
  ) {}

  show({ form, client }: Visit): PageContent {
    return signInPage(form, { problem: undefined, login: '' }, client);
  }

  async answer(visit: Visit, form: Form): Promise<Step> {
    const change = chosen.safeParse(form.members);
    if (change.success) return this.#replace(visit, change.data);
    const attempt = typed.safeParse(form.members);
    if (!attempt.success) throw fault('form_refused', { detail: 'members are missing' });
    const { login, password } = attempt.data;
    const outcome = await this.signIn.attempt({ login, password, address: visit.address, deviceCookie: visit.deviceCookie });
    const again = (problem: string): PageContent => signInPage(visit.form, { problem, login }, visit.client);
    switch (outcome.kind) {
      case 'welcome': return { kind: 'signed_in', user: outcome.user, amr: ['pwd'], device: keepsake(outcome.deviceCookie) };
      case 'refused': return { kind: 'page', content: again('The user name or the password is wrong'), status: 401 };
      case 'slowed': return { kind: 'page', content: again(`Too many attempts. Wait ${duration(outcome.retryAfterSeconds)} and try again`), status: 429, retryAfterSeconds: outcome.retryAfterSeconds };
      case 'password_expired': return { kind: 'page', content: newPasswordPage(visit.form, outcome.user.login, { ticket: await this.#ticket(outcome.user, visit), reason: REASON, problem: undefined }), status: 200 };
    }
  }

  async #replace(visit: Visit, { ticket, password, repeated }: z.output<typeof chosen>): Promise<Step> {
    const user = await this.#holder(ticket, visit);
    if (!user) throw fault('form_refused', { detail: 'the ticket is used or too old' });
    const problem = password === repeated ? await this.users.passwordFault(user, password) : 'The two passwords differ. Type them again';
    if (problem !== undefined) return { kind: 'page', content: newPasswordPage(visit.form, user.login, { ticket, reason: REASON, problem }), status: 422 };
    const changed = await this.users.setPassword(user.id, password);
    if (!changed) throw fault('form_refused', { detail: 'the person is gone' });
    return { kind: 'signed_in', user: changed, amr: ['pwd'], device: keepsake(await this.devices.introduce(user.login)) };
  }

  // Says that the password was right a moment ago. The new password raises the epoch, and with it the ticket is used.
  #ticket({ id, epoch }: User, { name }: Visit): Promise<string> {
    return this.keys.seal('new-password', JSON.stringify({ user: id, epoch, visit: name, until: this.clock.now() + TICKET_MS }));
  }

  async #holder(ticket: string, { name }: Visit): Promise<User | undefined> {
    const opened = await this.keys.open('new-password', ticket);
    const told = opened === undefined ? undefined : ticketShape.parse(JSON.parse(opened));
    if (!told || told.visit !== name || told.until < this.clock.now()) return undefined;
    const user = await this.users.find(told.user);
    return user && user.epoch === told.epoch && !user.disabled ? user : undefined;
  }
}

function keepsake(value: string): Keepsake {
  return { value, maxAgeSeconds: DEVICE_DAYS * 86_400 };
}

function duration(seconds: number): string {
  if (seconds < 60) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}
