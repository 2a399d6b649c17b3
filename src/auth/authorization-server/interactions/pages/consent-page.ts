/** The page on which a person decides what a client may do in their name. */
import type { ClientIntroduction } from '../../../pages.port.js';
import { clientFacts, loopbackWarning } from './client-words.js';
import { html, type Html } from './html.js';
import { alarm, hidden, type PageContent } from './layout.js';
import { scopeWords } from './scope-words.js';
import type { FormPlace } from './sign-in-pages.js';

/** Shown, but not to be unticked: who the person is, and that the client may renew its access, are part of any access. */
export const WITHOUT_CHOICE: readonly string[] = ['openid', 'offline_access'];

/** What is asked for, sorted by what the person can do about it. */
export interface ConsentQuestion {
  client: ClientIntroduction;
  /** Who decides. */
  person: string;
  /** Asked for now, and allowed to this person. */
  offered: readonly string[];
  /** Granted to this client before. */
  granted: readonly string[];
  /** Asked for, and beyond the person's roles. */
  beyond: readonly string[];
  problem: string | undefined;
}

export function consentPage(form: FormPlace, { client, person, offered, granted, beyond, problem }: ConsentQuestion): PageContent {
  const canAgree = offered.length > 0 || granted.length > 0;
  return {
    title: 'Allow access?', failed: problem !== undefined,
    body: html`<h1>${canAgree ? 'Allow access?' : 'This cannot be allowed'}</h1>
<p>An application wants to use this server in your name, <strong>${person}</strong>. <small class="dim">Not you? <a href="/oauth/logout">Sign out</a> and start again from the application.</small></p>
${problem !== undefined && alarm(problem)}
${clientFacts(client)}${loopbackWarning(client)}
<form method="post" action="${form.action}">${hidden('token', form.token)}
${offered.length > 0 && html`<fieldset><legend>It will be able to</legend><ul class="scopes">${offered.map((scope, index) => choice(scope, index))}</ul></fieldset>`}
${granted.length > 0 && html`<h2>You allowed it before to</h2><ul>${granted.map((scope) => html`<li>${scopeWords(scope).what}</li>`)}</ul>`}
${beyond.length > 0 && html`<div class="note" role="note"><strong>Your account cannot allow everything it asks for</strong><p>Left out: ${beyond.map((scope, index) => html`${index > 0 && ', '}${scopeWords(scope).what} <small class="dim">(${scope})</small>`)}.</p></div>`}
<div class="buttons">${canAgree && html`<button type="submit" name="decision" value="approve">Allow</button>`}
<button class="plain" type="submit" name="decision" value="deny">${canAgree ? 'Do not allow' : 'Back to the application'}</button></div></form>
${canAgree && html`<p class="dim"><small>It keeps this access, without asking again, until you take it back under <a href="/account">connected applications</a>.</small></p>`}`,
  };
}

function choice(scope: string, index: number): Html {
  const { what, more } = scopeWords(scope);
  if (WITHOUT_CHOICE.includes(scope)) return html`<li class="fixed"><b>${what}</b><span class="dim">${more}</span></li>`;
  return html`<li><label for="scope-${index}"><input type="checkbox" id="scope-${index}" name="scope" value="${scope}" checked${more !== undefined && html` aria-describedby="more-${index}"`}><span><b>${what}</b>${more !== undefined && html`<span class="dim" id="more-${index}">${more}</span>`}</span></label></li>`;
}
