/** Pages on which people prove who they are. */
import type { ClientIntroduction } from '../../../pages.port.js';
import { claimedName, clientFacts, clientHost, loopbackWarning } from './client-words.js';
import { html, type Html } from './html.js';
import { alarm, hidden, type PageContent } from './layout.js';
import { scopeWords } from './scope-words.js';

/** What all forms need. */
export interface FormPlace {
  action: string;
  token: string;
}

/** Why somebody is asked again. */
export interface Again {
  problem: string | undefined;
  login: string;
}

/** Login and password. `client` is who sent the person here; none on the account page. */
export function signInPage(form: FormPlace, again: Again, client: ClientIntroduction | undefined): PageContent {
  const { problem, login } = again;
  return {
    title: 'Sign in', failed: problem !== undefined,
    body: html`<h1>Sign in</h1>
${client ? html`<p class="dim">to connect “${claimedName(client)}” <small>(unverified name)</small> – ${clientHost(client)}</p>` : html`<p class="dim">to see the applications you connected.</p>`}
${problem !== undefined && alarm(problem)}
<form method="post" action="${form.action}">${hidden('token', form.token)}
<label for="login">User name</label>
<input type="text" id="login" name="login" value="${login}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="200" required${blame(problem, login === '')}>
<label for="password">Password</label>
<input type="password" id="password" name="password" autocomplete="current-password" maxlength="1000" required${blame(problem, login !== '')}>
<div class="buttons"><button type="submit" name="decision" value="sign_in">Sign in</button>
${client && html`<button class="plain" type="submit" name="decision" value="cancel" formnovalidate>Cancel</button>`}</div></form>`,
  };
}

/** A new password. `current` asks for the one in use as well; `reason` says why the page came. */
export function newPasswordPage(form: FormPlace, login: string, { ticket, reason, problem }: { ticket: string | undefined; reason: string; problem: string | undefined }): PageContent {
  const invalid = problem !== undefined && html` aria-invalid="true" aria-describedby="alarm rule"`;
  return {
    title: 'Choose a new password', failed: problem !== undefined,
    body: html`<h1>Choose a new password</h1><p class="dim">${reason}</p>
${problem !== undefined && alarm(problem)}
<form method="post" action="${form.action}">${hidden('token', form.token)}${ticket !== undefined && hidden('ticket', ticket)}
<input type="text" name="username" value="${login}" autocomplete="username" hidden readonly>
${ticket === undefined && html`<label for="current">Current password</label><input type="password" id="current" name="current" autocomplete="current-password" maxlength="1000" required autofocus>`}
<label for="password">New password</label>
<input type="password" id="password" name="password" autocomplete="new-password" minlength="12" maxlength="256" required${ticket !== undefined && html` autofocus`}${invalid || html` aria-describedby="rule"`}>
<p class="dim" id="rule"><small>At least 12 characters. A few unrelated words are good and easy to remember.</small></p>
<label for="repeated">New password, once more</label>
<input type="password" id="repeated" name="repeated" autocomplete="new-password" maxlength="256" required>
<div class="buttons"><button type="submit" name="decision" value="change">Save the new password</button></div></form>`,
  };
}

/** The question before the browser goes to the company's provider: each client is asked for by itself (row F14). */
export function companySignInPage(form: FormPlace, provider: string, client: ClientIntroduction | undefined, scopes: readonly string[]): PageContent {
  return {
    title: 'Sign in with your company account',
    body: html`<h1>Sign in with your company account</h1>
${client
    ? html`<p>An application wants to use this server in your name.</p>${clientFacts(client)}${loopbackWarning(client)}
${scopes.length > 0 && html`<h2>It asks to</h2><ul>${scopes.map((scope) => html`<li>${scopeWords(scope).what}</li>`)}</ul><p class="dim"><small>You decide what it gets after you have signed in.</small></p>`}`
    : html`<p class="dim">to see the applications you connected.</p>`}
<p>You sign in at <strong>${provider}</strong> and come back here.</p>
<form method="post" action="${form.action}">${hidden('token', form.token)}
<div class="buttons"><button type="submit" name="decision" value="sign_in">Continue</button>
${client && html`<button class="plain" type="submit" name="decision" value="cancel">Cancel</button>`}</div></form>`,
  };
}

function blame(problem: string | undefined, focus: boolean): Html {
  return html`${problem !== undefined && html` aria-invalid="true" aria-describedby="alarm"`}${focus && html` autofocus`}`;
}
