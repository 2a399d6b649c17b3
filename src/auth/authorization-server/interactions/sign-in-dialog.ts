/** Signing in, whichever way: one visit goes through pages until somebody has proven who they are. */
import type { ClientIntroduction } from '../../pages.port.js';
import type { User } from '../../users.port.js';
import type { Form } from './form-body.js';
import type { PageContent } from './pages/layout.js';
import type { FormPlace } from './pages/sign-in-pages.js';

/** One person on the way in. */
export interface Visit {
  form: FormPlace;
  /** What names this visit and no other: the uid of the interaction, or `account`. */
  name: string;
  /** Who sent the person here; none on the account page. */
  client: ClientIntroduction | undefined;
  scopes: readonly string[];
  address: string;
  deviceCookie: string | undefined;
}

/** A cookie that goes with the next answer. */
export interface Keepsake {
  value: string;
  maxAgeSeconds: number;
}

/** What happens next. */
export type Step =
  | { kind: 'page'; content: PageContent; status: number; retryAfterSeconds?: number }
  | { kind: 'signed_in'; user: User; amr: string[]; device: Keepsake | undefined }
  /** To the company's provider; `hop` waits in a cookie for the way back. */
  | { kind: 'away'; url: string; hop: Keepsake };

export const SignInDialog = Symbol('SignInDialog');
export interface SignInDialog {
  show(visit: Visit): PageContent;
  answer(visit: Visit, form: Form): Promise<Step>;
}
