import { describe, expect, it } from 'vitest';
import { ownPath } from './own-path.js';

describe('after signing in a person stays here (F11)', () => {
  it.each(['/account', '/account/password'])('%s is a page of ours', (path) => {
    expect(ownPath(path)).toBe(path);
  });

  it.each([
    'https://evil.example', '//evil.example', '/\\evil.example', '\\\\evil.example', '/%2f%2fevil.example', '%2f%2fevil.example', '/account//evil.example',
    '/account/..//evil.example', '/account/%2e%2e/x', '/account\r\nSet-Cookie: a=b', '/account\n', '/account%0d%0aLocation:x', '/account?next=//evil.example',
    '/account#//evil.example', '/account/password/', 'account', ' /account', '/accountant', '/oauth/auth', '/', '', 'javascript:alert(1)', 'data:text/html,x', '/account/@evil.example', undefined,
  ])('%j leads to the first page instead', (path) => {
    expect(ownPath(path)).toBe('/account');
  });
});
