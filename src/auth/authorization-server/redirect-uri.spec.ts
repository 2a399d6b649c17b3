import { describe, expect, it } from 'vitest';
import { redirectUriFault } from './redirect-uri.js';

describe('a scheme of its own is one that only an app answers to (RFC 8252 §7.1)', () => {
  it.each([
    'cursor://anysphere.cursor-mcp/oauth/callback', 'vscode://vscode.github-authentication/did-authenticate', 'vscode-insiders://x/y', 'claude://oauth/callback',
    'com.example.app:/callback', 'com.example.app://callback', 'COM.example.my-app:/callback', 'CURSOR://x',
  ])('%s', (uri) => {
    expect(redirectUriFault(uri)).toBeUndefined();
  });

  it.each([
    'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'vbscript:x', 'about:blank', 'blob:https://x/y', 'view-source:https://x', 'intent://x#Intent;end',
    'shell:startup', 'feed:https://x', 'search-ms:query=x', 'search:query=x', 'ms-msdt:/id', 'ms-settings:x', 'ms-office.word:ofe', 'ms-appinstaller:?source=x', 'microsoft-edge:https://x',
    'x-apple.systempreferences:x', 'facetime:x', 'itms-services://x', 'ssh://x', 'ldap://x', 'smb://x', 'ftp://x', 'wss://x', 'mailto:x', 'tel:1', 'sms:1', 'myapp://callback',
    'a..b:/x', 'a.:/x', 'claude-evil:/x',
  ])('not %s', (uri) => {
    expect(redirectUriFault(uri)).toMatch(/^must not /);
  });
});
