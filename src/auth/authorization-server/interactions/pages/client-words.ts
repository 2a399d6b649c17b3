/** A client on a page: its own words marked as such, and only the facts that are certain without a mark (row F15). */
import type { ClientIntroduction } from '../../../pages.port.js';
import { html, type Html } from './html.js';

const LONGEST_NAME = 60;

/** The name a client gives itself, shortened; never to be shown without {@link clientFacts} or {@link clientHost} near it. */
export function claimedName({ name }: ClientIntroduction): string {
  const letters = [...name.trim()];
  return letters.length > LONGEST_NAME ? `${letters.slice(0, LONGEST_NAME).join('')}…` : letters.join('') || 'An application without a name';
}

/** What is certain about where a client comes from, in a few words. */
export function clientHost({ idHost, redirectHost, loopback, origin }: ClientIntroduction): string {
  if (idHost !== undefined) return idHost;
  if (loopback) return 'a program on your computer';
  return redirectHost ?? (origin === 'operator' ? 'set up by the operator of this server' : 'an unknown place');
}

/** The facts of a client, for a page that asks whether to trust it. */
export function clientFacts(client: ClientIntroduction): Html {
  const { idHost, redirectHost, origin } = client;
  return html`<dl class="facts">
<div><dt>It calls itself</dt><dd>“${claimedName(client)}” ${origin !== 'operator' && html`<small class="dim">(unverified: anybody can choose this name)</small>`}</dd></div>
${idHost !== undefined && html`<div><dt>Its description is published at</dt><dd>${idHost}</dd></div>`}
${redirectHost !== undefined && html`<div><dt>Afterwards your browser goes to</dt><dd>${redirectHost}</dd></div>`}
</dl>`;
}

/** The warning that belongs to programs on the person's own machine, for which no host vouches. */
export function loopbackWarning({ loopback }: ClientIntroduction): Html | undefined {
  return loopback ? html`<div class="note warn" role="note"><strong>Only go on if you started this yourself</strong><p>The answer goes to a program on your own computer. Nobody can vouch for which program that is, whatever it calls itself.</p></div>` : undefined;
}
