/** Pages of the authorization server's own steps: errors, signing out, and connecting a device. */
import type { ClientIntroduction, DeviceProblem, PageForm } from '../../../pages.port.js';
import { claimedName, clientFacts } from './client-words.js';
import { html, type Html } from './html.js';
import { alarm, hidden, type PageContent } from './layout.js';

const deviceProblems: Record<DeviceProblem, string> = {
  code_missing: 'Enter the code first',
  code_unknown: 'This code is not known. Check it and try again',
  code_expired: 'This code has expired. Start again on the device to get a new one',
  code_used: 'This code has been used already. Start again on the device to get a new one',
  aborted: 'The device was not connected. You can close this page, or enter another code',
  failed: 'Something went wrong. Enter the code again',
};

const headlines: Record<string, string> = {
  access_denied: 'Access was not allowed',
  invalid_client: 'This application is not known here',
  invalid_redirect_uri: 'This application asked for an address it has not registered',
  server_error: 'Something went wrong here',
  temporarily_unavailable: 'This server is busy',
};

/** Something that cannot go on. `retry` is said to whoever can do something about it. */
export function errorPage({ error, description, status }: { error: string; description: string | undefined; status: number }): PageContent {
  const headline = headlines[error] ?? (status >= 500 ? 'Something went wrong here' : 'This cannot go on');
  return {
    title: headline, failed: true,
    body: html`<h1>${headline}</h1>
${description !== undefined && html`<p>${sentence(description)}</p>`}
<p>Close this page, go back to the application and start again. ${status >= 500 && 'If it happens again, tell the operator of this server.'}</p>
<p class="dim"><small>Error code: <code>${error}</code></small></p>`,
  };
}

export function logoutPage(form: PageForm): PageContent {
  return {
    title: 'Sign out?',
    body: html`<h1>Sign out?</h1><p>You will be asked to sign in again before the next application can be connected from this browser.</p>
<p class="dim">Applications you connected stay connected until you remove them under <a href="/account">connected applications</a>.</p>
${xsrfForm(form, html`<div class="buttons"><button type="submit" name="logout" value="yes">Sign out</button><button class="plain" type="submit">Stay signed in</button></div>`)}`,
  };
}

export function logoutDonePage(client: ClientIntroduction | undefined): PageContent {
  return {
    title: 'You are signed out',
    body: html`<h1>You are signed out</h1><p>${client ? html`“${claimedName(client)}” has been signed out.` : 'This browser is no longer signed in.'} You can close this page.</p>`,
  };
}

export function deviceInputPage(form: PageForm, { userCode, problem }: { userCode: string | undefined; problem: DeviceProblem | undefined }): PageContent {
  return {
    title: 'Connect a device', failed: problem !== undefined,
    body: html`<h1>Connect a device</h1>
<p id="hint">Enter the code the device or program shows you. Only enter a code you asked for yourself.</p>
${problem !== undefined && alarm(deviceProblems[problem])}
${xsrfForm(form, html`<label for="code">Code</label>
<input class="code-input" type="text" id="code" name="user_code" value="${userCode ?? ''}" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="40" required autofocus aria-describedby="hint"${problem !== undefined && html` aria-invalid="true" aria-errormessage="alarm"`}>
<div class="buttons"><button type="submit">Continue</button></div>`)}`,
  };
}

export function deviceConfirmPage(form: PageForm, { userCode, client, address, agent }: { userCode: string; client: ClientIntroduction; address: string | undefined; agent: string | undefined }): PageContent {
  return {
    title: 'Is this your device?',
    body: html`<h1>Is this your device?</h1><p>Go on only if exactly this code is on its screen now:</p>
<p class="code">${userCode}</p>
${clientFacts(client)}
${(address !== undefined || agent !== undefined) && html`<p class="dim"><small>The code was asked for ${address !== undefined && html`from the address <code>${address}</code>`} ${agent !== undefined && html`by “${shortened(agent)}”`}.</small></p>`}
<div class="note warn" role="note"><strong>Did somebody send you this code?</strong><p>Then stop: whoever sent it would get access in your name.</p></div>
${xsrfForm(form, html`${hidden('user_code', userCode)}<div class="buttons"><button type="submit" name="confirm" value="yes">This is my device</button><button class="plain" type="submit" name="abort" value="yes">Stop</button></div>`)}`,
  };
}

export function deviceDonePage(client: ClientIntroduction): PageContent {
  return {
    title: 'The device is connected',
    body: html`<h1>The device is connected</h1><div class="note good" role="status"><strong>Done</strong><p>“${claimedName(client)}” goes on by itself. You can close this page.</p></div>
<p class="dim"><small>You can take this back at any time under <a href="/account">connected applications</a>.</small></p>`,
  };
}

function xsrfForm({ action, xsrf }: PageForm, body: Html): Html {
  return html`<form method="post" action="${action}">${hidden('xsrf', xsrf)}${body}</form>`;
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

// The library's sentences begin in lower case and end without a stop.
function sentence(text: string): string {
  const upper = /^\w*_/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
