/** The frame of every page, and the headers that go with it. */
import { createHash } from 'node:crypto';
import { Html, html, type Piece } from './html.js';
import { STYLE } from './style.js';

/** What a page puts into the frame. */
export interface PageContent {
  /** Names the page in the tab and in the history of the browser. */
  title: string;
  body: Html;
  /** For lists rather than questions. */
  wide?: boolean;
  /** Goes in front of the title, where screen readers begin. */
  failed?: boolean;
}

const styleHash = createHash('sha256').update(STYLE).digest('base64');

/**
 * No script, no frame, nothing from elsewhere. There is no `form-action`: browsers apply it to where a form's answer
 * redirects, which would cut the way back to `cursor://` and to loopback addresses (CSP Level 3 §6.4.1).
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `default-src 'none'; img-src 'self'; style-src 'sha256-${styleHash}'; base-uri 'none'; frame-ancestors 'none'`,
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
  // Not no-referrer: under it browsers send `Origin: null` with a form, which says nothing about where it came from.
  'Referrer-Policy': 'same-origin',
});

/** The whole document. */
export function page(server: string, { title, body, wide, failed }: PageContent): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${failed && 'Error: '}${title} – ${server}</title>${new Html(`<style>${STYLE}</style>`)}</head>
<body${wide && html` class="wide"`}><header>${server}</header><main>${body}</main></body></html>
`.text;
}

/** Something that went wrong, said before anything else. */
export function alarm(what: string, more?: Piece): Html {
  return html`<div class="note bad" role="alert" id="alarm"><strong>${what}</strong>${more && html`<p>${more}</p>`}</div>`;
}

/** A hidden member of a form. */
export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`;
}
