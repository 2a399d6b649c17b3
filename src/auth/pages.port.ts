/** The pages people see on the way through the authorization server, as finished HTML. */

/** Where a form goes and the hidden field that proves it came from here: `<input type="hidden" name="xsrf" value=…>`. */
export interface PageForm {
  /** Method is always POST, encoding `application/x-www-form-urlencoded`. */
  readonly action: string;
  readonly xsrf: string;
}

/** A client as it may be shown: everything but the two hosts is what it says about itself. */
export interface ClientIntroduction {
  readonly clientId: string;
  /** Unverified text. */
  readonly name: string;
  /** Made by the operator, by self-registration, or described by the document its id points to. */
  readonly origin: 'operator' | 'registration' | 'document';
  /** Host of the id, where the id is a URL. */
  readonly idHost: string | undefined;
  /** Host the browser goes to afterwards, with its port; the scheme where there is none, such as `cursor:`. */
  readonly redirectHost: string | undefined;
  /** The redirect ends at a program on the person's own machine, and no host vouches for which. */
  readonly loopback: boolean;
}

/** Why the page that asks for a device code is shown again. */
export type DeviceProblem = 'code_missing' | 'code_unknown' | 'code_expired' | 'code_used' | 'aborted' | 'failed';

export const Pages = Symbol('Pages');
export interface Pages {
  /** Sent with each page: content security policy, framing, referrer. */
  readonly headers: Readonly<Record<string, string>>;
  /** `error` is an OAuth code such as `invalid_request`; `description` is our own English sentence or the library's. */
  error(problem: { error: string; description: string | undefined; status: number }): string;
  /** Sign out? Fields: `xsrf`, and `logout=yes` from the button that agrees; a button without it declines. */
  logout(form: PageForm): string;
  logoutDone(client: ClientIntroduction | undefined): string;
  /** Fields: `xsrf`, `user_code`. */
  deviceInput(form: PageForm, state: { userCode: string | undefined; problem: DeviceProblem | undefined }): string;
  /** Fields: `xsrf`, `user_code` (as given here), and `confirm=yes` or `abort=yes` from the two buttons. */
  deviceConfirm(form: PageForm, device: { userCode: string; client: ClientIntroduction; address: string | undefined; agent: string | undefined }): string;
  deviceDone(client: ClientIntroduction): string;
}
