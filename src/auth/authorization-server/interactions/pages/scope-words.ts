/** Scopes in plain words. */

/** A scope as people read it. */
export interface ScopeWords {
  what: string;
  more: string | undefined;
}

const words = new Map<string, ScopeWords>([
  ['mcp', { what: 'Use the tools of this server for you', more: 'Only those your role allows.' }],
  ['openid', { what: 'Know that it is you', more: 'A number that stands for you here; always part of signing in.' }],
  ['profile', { what: 'See your name', more: 'The name and user name of your account.' }],
  ['email', { what: 'See your e-mail address', more: undefined }],
  ['offline_access', { what: 'Stay connected', more: 'It works without asking again until you remove its access.' }],
  ['admin', { what: 'Administer this server', more: 'Change users, keys and settings. Grant this only to tools you fully trust.' }],
]);

const VERBS = new Map([
  ['read', 'Read'], ['write', 'Change'], ['delete', 'Delete'], ['list', 'List'], ['admin', 'Administer'], ['execute', 'Run'], ['call', 'Run'], ['use', 'Use'],
]);

/** Every scope has words; one nobody described is shown by its own name. */
export function scopeWords(scope: string): ScopeWords {
  const known = words.get(scope);
  if (known) return known;
  const [, subject, verb] = /^(?:mcp[:.])?([\w-]+)[:.]([\w-]+)$/.exec(scope) ?? [];
  const does = VERBS.get(verb ?? '');
  return does !== undefined && subject !== undefined
    ? { what: `${does} ${subject.replaceAll(/[-_]/g, ' ')}`, more: `Scope ${scope}` }
    : { what: scope, more: 'A permission of this server; ask its operator what it covers.' };
}
