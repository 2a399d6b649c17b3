/** One spelling for one login, whatever the keyboard and the shift key made of it. */
export function loginKey(login: string): string {
  return login.normalize('NFKC').trim().toLowerCase();
}
