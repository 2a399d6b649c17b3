import { describe, expect, it } from 'vitest';
import { settingsFrom } from '../config/load.js';
import { canonicalResource, issuerOf, outsidePath, ownAudiences, resourceAt, resourceOfMetadata } from './resource.js';

const settings = (values: Record<string, unknown>) => settingsFrom({ authMode: 'embedded', ...values });
const behind = settings({ publicUrl: 'https://Corp.example:443/gate/', mcpPath: '/tools', ssePath: '/old', sseMessagesPath: '/old-messages' });

describe('a protected resource has one address (checklist 4 and 15, contract line 2)', () => {
  it('is the public one, in lower case, without default port and without a slash at its end', () => {
    expect(canonicalResource(behind)).toBe('https://corp.example/gate/tools');
    expect(ownAudiences(behind)).toEqual(['https://corp.example/gate/tools']);
    expect(issuerOf(behind)).toBe('https://corp.example');
  });

  it('has its metadata at the root of the host, with its own path inserted (RFC 9728 §3.1)', () => {
    expect(resourceAt('/tools', behind)).toEqual({ uri: 'https://corp.example/gate/tools', metadataUrl: 'https://corp.example/.well-known/oauth-protected-resource/gate/tools' });
  });

  it.each([
    ['', 'tools'], ['/', 'tools'], ['/tools', 'tools'], ['/gate/tools', 'tools'], ['/gate/tools/', 'tools'], ['/old', 'old'], ['/gate/old', 'old'],
    ['/gate', undefined], ['/sse', undefined], ['/tools/x', undefined], ['/other/tools', undefined],
  ])('metadata at …%s is about %s', (path, door) => {
    expect(resourceOfMetadata(path, behind)?.uri).toBe(door && `https://corp.example/gate/${door}`);
  });

  it.each([['/-/sse', '/old'], ['/-/sse?x=1', '/old'], ['/-/messages/abc', '/old-messages/abc'], ['/tools?token=x', '/tools'], ['/-/ssex', '/-/ssex']])('the path %s is %s to clients', (inside, outside) => {
    expect(outsidePath(inside, behind)).toBe(outside);
  });

  it('knows other audiences only where another issuer speaks', () => {
    const external = settings({ authMode: 'external', externalIssuer: 'https://login.example/', publicUrl: 'https://a.example', externalAudiences: ['api://a'] });
    expect(ownAudiences(external)).toEqual(['https://a.example/mcp', 'https://a.example/sse', 'api://a']);
    expect(issuerOf(external)).toBe('https://login.example/');
  });
});
