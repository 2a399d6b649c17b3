/** What settings must be true of each other. */
import { isIP } from 'node:net';
import type { ConfiguredValues, SettingName } from './schema.js';

/** A sentence about settings that each are well-formed; judged only where all of `about` are. */
export interface Rule {
  about: readonly [SettingName, ...SettingName[]];
  broken(values: ConfiguredValues): boolean;
  say: string;
}

export const rules: readonly Rule[] = [
  {
    about: ['host', 'authMode'],
    broken: ({ authMode, host }) => authMode === 'none' && !isLoopback(host),
    say: 'must be a loopback address while authMode is none: none serves loopback only',
  },
  {
    about: ['authMode', 'apiKey', 'authToken', 'jwtSecret'],
    broken: ({ authMode, apiKey, authToken, jwtSecret }) => authMode === 'none' && (apiKey ?? authToken ?? jwtSecret) !== undefined,
    say: 'must not be none while MCP_API_KEY, MCP_AUTH_TOKEN or JWT_SECRET is set: none asks nobody for a key',
  },
  ...(['apiKey', 'authToken'] as const).map((name): Rule => ({
    about: [name, 'nodeEnv'],
    broken: ({ nodeEnv, [name]: key }) => nodeEnv === 'production' && key !== undefined && key.length < 32,
    say: 'must have at least 32 characters in production (try: openssl rand -base64 48)',
  })),
  {
    about: ['publicUrl', 'host', 'authMode'],
    broken: ({ publicUrl, host, authMode }) => authMode !== 'none' && publicUrl === undefined && !isLoopback(host),
    say: 'must be set while host is not a loopback address: it is the address clients use',
  },
  {
    about: ['publicUrl', 'authMode'],
    broken: ({ authMode, publicUrl }) => (authMode === 'embedded' || authMode === 'federated') && publicUrl !== undefined
      && new URL(publicUrl).protocol === 'http:' && !isLoopback(new URL(publicUrl).hostname.replace(/^\[|\]$/g, '')),
    say: 'must begin with https while people sign in over it',
  },
  {
    about: ['externalIssuer', 'authMode'],
    broken: ({ authMode, externalIssuer }) => authMode === 'external' && externalIssuer === undefined,
    say: 'must be set while authMode is external',
  },
  {
    about: ['externalClientId', 'authMode', 'externalVerification', 'externalClientSecret'],
    broken: ({ authMode, externalVerification, externalClientId, externalClientSecret }) =>
      authMode === 'external' && externalVerification === 'introspection' && (externalClientId === undefined || externalClientSecret === undefined),
    say: 'must be set, and externalClientSecret with it, while tokens are verified by introspection',
  },
  ...(['federationIssuer', 'federationClientId'] as const).map((name): Rule => ({
    about: [name, 'authMode'],
    broken: ({ authMode, [name]: value }) => authMode === 'federated' && value === undefined,
    say: 'must be set while authMode is federated',
  })),
  {
    about: ['federationScopes'],
    broken: ({ federationScopes }) => !federationScopes.includes('openid'),
    say: 'must contain openid',
  },
  {
    about: ['secret', 'nodeEnv'],
    broken: ({ nodeEnv, secret }) => nodeEnv === 'production' && secret === undefined,
    say: 'must be set in production (try: openssl rand -base64 48)',
  },
  {
    about: ['previousSecret', 'secret'],
    broken: ({ previousSecret, secret }) => previousSecret !== undefined && secret === undefined,
    say: 'is of no use without secret',
  },
  {
    about: ['previousSecret', 'secret'],
    broken: ({ previousSecret, secret }) => previousSecret !== undefined && previousSecret === secret,
    say: 'must differ from secret',
  },
  {
    // Node refuses to create such a server.
    about: ['headersTimeoutMs', 'requestTimeoutMs'],
    broken: ({ headersTimeoutMs, requestTimeoutMs }) => headersTimeoutMs > requestTimeoutMs,
    say: 'must not be longer than requestTimeoutMs',
  },
  {
    about: ['sessionIdleSeconds', 'sessionMaxSeconds'],
    broken: ({ sessionIdleSeconds, sessionMaxSeconds }) => sessionIdleSeconds > sessionMaxSeconds,
    say: 'must not be longer than sessionMaxSeconds',
  },
  {
    about: ['maxSessionsPerCaller', 'maxSessions'],
    broken: ({ maxSessionsPerCaller, maxSessions }) => maxSessionsPerCaller > maxSessions,
    say: 'must not be more than maxSessions',
  },
  {
    about: ['sseMessagesPath', 'ssePath', 'mcpPath'],
    broken: ({ mcpPath, ssePath, sseMessagesPath }) => new Set([mcpPath, ssePath, sseMessagesPath]).size < 3,
    say: 'must differ from ssePath and mcpPath, and these from each other',
  },
];

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
