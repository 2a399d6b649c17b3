/** HTML as a value: whatever is not HTML already is escaped on its way in. */

/** A piece of finished HTML. Only {@link html} makes it. */
export class Html {
  constructor(readonly text: string) {}
}

/** What a template takes: nothing for absent values, lists one after the other. */
export type Piece = Html | string | number | undefined | false | readonly Piece[];

/** A template whose values cannot break out of their place; attributes must be quoted. */
export function html(literals: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(literals.reduce((text, literal, index) => text + print(pieces[index - 1]) + literal));
}

function print(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Html) return piece.text;
  if (typeof piece === 'string' || typeof piece === 'number') return escape(String(piece));
  return piece.map(print).join('');
}

function escape(text: string): string {
  return visible(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

// A name may not turn the line around or hide letters in it (Unicode TR 36, bidirectional spoofing).
function visible(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '\ufffd');
}
