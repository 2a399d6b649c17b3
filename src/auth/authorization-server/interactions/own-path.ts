/** Where a person goes after signing in: a page of ours, never one that a link smuggled in (row F11). */

const OWN = /^\/account(?:\/[a-z-]+)*$/;

/** The path when it is one of the account pages, letter by letter; else the first of them. */
export function ownPath(wanted: string | undefined): string {
  return wanted !== undefined && OWN.test(wanted) ? wanted : '/account';
}
