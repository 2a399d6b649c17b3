/** What a password must be: long, and not one that everybody tries first (NIST SP 800-63B §3.1.1.2: no other rules). */

export const LEAST_PASSWORD_LENGTH = 12;
const MOST_LENGTH = 256;

// Of the published lists, those long enough to pass the first rule, and their stems.
const STEMS = [
  'password', 'passwort', 'letmein', 'welcome', 'qwerty', 'qwertz', 'azerty', 'iloveyou', 'administrator', 'gatehouse',
  'changeme', 'abc123', '123456', '1234567890', '1q2w3e4r', '1qaz2wsx', 'zaq12wsx', 'asdfghjkl', 'trustno1', 'superman',
  'sunshine', 'princess', 'football', 'baseball', 'monkey', 'dragon', 'master', 'secret', 'hello', 'admin', 'login',
];

/** The reason a new password is not taken, as a sentence for its owner; undefined for a good one. */
export function passwordFault(password: string, login: string): string | undefined {
  const length = [...password].length;
  if (length < LEAST_PASSWORD_LENGTH) return `Use at least ${LEAST_PASSWORD_LENGTH} characters; a few words in a row are easy to remember.`;
  if (length > MOST_LENGTH) return `Use at most ${MOST_LENGTH} characters.`;
  const plain = password.normalize('NFKC').toLowerCase();
  if (login.length > 2 && plain.includes(login.toLowerCase())) return 'Do not use your user name inside the password.';
  if (new Set(plain).size < 5 || withoutStems(plain).length < 6) return 'This password is among the first that are guessed. Choose another.';
  return undefined;
}

function withoutStems(plain: string): string {
  // Longest first, so that "1234567890" goes before "123456".
  return STEMS.toSorted((one, other) => other.length - one.length).reduce((rest, stem) => rest.replaceAll(stem, ''), plain).replaceAll(/[\W_]/g, '');
}
