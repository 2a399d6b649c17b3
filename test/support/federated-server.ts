/** A server that people sign in to with the account of a company, and the company. */
import { startCompanyProvider, type CompanyProvider } from './company-provider.js';
import { freePort } from './free-port.js';
import { startSignInServer, type SignInServer } from './sign-in-server.js';

const roleRules = [
  { claim: 'groups', contains: 'mcp-developers', role: 'developer' },
  { claim: 'groups', matches: '^mcp-admin', role: 'admin' },
];

/** Starts both; close both. */
export async function startFederated(changes: Record<string, unknown> = {}, provider: Parameters<typeof startCompanyProvider>[2] = {}): Promise<[CompanyProvider, SignInServer]> {
  const port = await freePort();
  const there = await startCompanyProvider(await freePort(), `http://127.0.0.1:${port}/oauth/federation/callback`, provider);
  const here = await startSignInServer({
    port, authMode: 'federated', federationIssuer: there.issuer, federationClientId: there.clientId, federationClientSecret: there.clientSecret,
    roleRules, defaultRoles: ['guest'], ...changes,
  });
  return [there, here];
}
