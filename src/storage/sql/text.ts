/**
 * Carries any JavaScript string through a database. PostgreSQL refuses U+0000 and replaces lone surrogates (measured on
 * 15); both travel escaped. JSON needs none of this: `JSON.stringify` escapes them itself.
 */

// SUBSTITUTE: a character that people do not type, so that ordinary text is stored as it is.
const ESCAPE = '\u001A';
const TROUBLE = new RegExp(`[\\0${ESCAPE}]|[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?<![\\uD800-\\uDBFF])[\\uDC00-\\uDFFF]`, 'g');
const ESCAPED = new RegExp(`${ESCAPE}([\\da-f]{4})`, 'g');

/** A parameter as the database takes it. */
export function toDatabase(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.replace(TROUBLE, (unit) => ESCAPE + unit.charCodeAt(0).toString(16).padStart(4, '0'));
}

/** Restores the texts of a row, in place. */
export function fromDatabase<R>(row: R): R {
  if (typeof row !== 'object' || row === null) return row;
  for (const [column, value] of Object.entries(row)) {
    if (typeof value === 'string' && value.includes(ESCAPE)) {
      Reflect.set(row, column, value.replace(ESCAPED, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16))));
    }
  }
  return row;
}
