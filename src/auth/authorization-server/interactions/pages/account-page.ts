/** The page of connected applications: what a person granted, to whom, since when, and how to take it back. */
import type { ClientIntroduction } from '../../../pages.port.js';
import { claimedName, clientHost } from './client-words.js';
import { html, type Html } from './html.js';
import { hidden, type PageContent } from './layout.js';
import { scopeWords } from './scope-words.js';

/** One application that may act for the person. */
export interface ConnectedApp {
  client: ClientIntroduction;
  scopes: readonly string[];
  /** Milliseconds since the epoch. */
  since: number;
}

/** What the page shows. */
export interface AccountFacts {
  name: string;
  login: string;
  apps: readonly ConnectedApp[];
  /** False for people who sign in elsewhere. */
  hasPassword: boolean;
  notice: string | undefined;
  token: string;
}

export function accountPage({ name, login, apps, hasPassword, notice, token }: AccountFacts): PageContent {
  return {
    title: 'Connected applications', wide: true,
    body: html`<div class="bar"><h1>Connected applications</h1>
<form method="post" action="/account/sign-out">${hidden('token', token)}<button class="link" type="submit">Sign out</button></form></div>
<p class="dim">Signed in as <strong>${name}</strong>${name !== login && html` (${login})`}${hasPassword && html` · <a href="/account/password">Change password</a>`}</p>
${notice !== undefined && html`<div class="note good" role="status"><strong>${notice}</strong></div>`}
${apps.length === 0
    ? html`<p>No application may act for you. When you connect one and allow it access, it appears here.</p>`
    : html`<p>These applications may use this server in your name. Removing one ends its access at once.</p><ul class="apps">${apps.map((app, index) => entry(app, index, token))}</ul>`}`,
  };
}

function entry({ client, scopes, since }: ConnectedApp, index: number, token: string): Html {
  const day = new Date(since).toISOString();
  return html`<li><div><h3 id="app-${index}">“${claimedName(client)}” ${client.origin !== 'operator' && html`<small class="dim">(unverified name)</small>`}</h3>
<p class="dim">${clientHost(client)} · since <time datetime="${day}">${readable(since)}</time></p>
<ul>${scopes.map((scope) => html`<li>${scopeWords(scope).what}</li>`)}</ul></div>
<form method="post" action="/account/revoke">${hidden('token', token)}${hidden('client', client.clientId)}<button class="danger" type="submit" id="remove-${index}" aria-labelledby="remove-${index} app-${index}">Remove access</button></form></li>`;
}

// UTC, because the server does not know where the reader is.
const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

function readable(at: number): string {
  return `${dates.format(at)} UTC`;
}
