/** The identity provider of a company, played by a second OpenID provider that signs in whom the test says. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

/** Who sits before the browser. */
export interface CompanyPerson {
  sub: string;
  claims: Record<string, unknown>;
}

export interface CompanyProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** The next sign-in is of this person; `error` makes the provider refuse. */
  person: CompanyPerson;
  error: string | undefined;
  /** What it was asked, in order: paths and parameters. */
  readonly asked: URL[];
  /** The answers of its token endpoint. */
  readonly given: unknown[];
  close(): Promise<void>;
}

/** `claimsInIdToken` false keeps everything but the subject for the userinfo endpoint. */
export async function startCompanyProvider(port: number, callback: string, { claimsInIdToken = true } = {}): Promise<CompanyProvider> {
  const issuer = `http://127.0.0.1:${port}`;
  const clientSecret = 'a-secret-between-the-two-of-them';
  const people = new Map<string, CompanyPerson>();
  const company: CompanyProvider = { issuer, clientId: 'gatehouse', clientSecret, person: { sub: 'nobody', claims: {} }, error: undefined, asked: [], given: [], close: async () => undefined };
  const provider = new Provider(issuer, {
    clients: [{ client_id: company.clientId, client_secret: clientSecret, redirect_uris: [callback], grant_types: ['authorization_code'], response_types: ['code'] }],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups', 'roles'], email: ['email'] },
    conformIdTokenClaims: !claimsInIdToken,
    features: { devInteractions: { enabled: false } },
    jwks: { keys: [{ ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }), kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'company' }] },
    ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
    pkce: { required: () => true },
    cookies: { names: { session: 'company_session', interaction: 'company_interaction', resume: 'company_resume' }, keys: ['a key of the company'] },
    interactions: { url: (_ctx, { uid }) => `/sign-in/${uid}` },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ ...people.get(sub)?.claims, sub }) }),
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc;
      if (!client || session?.accountId === undefined) return undefined;
      const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
  provider.use(async (ctx, next) => {
    await next();
    if (ctx.path === '/token') company.given.push(ctx.body);
  });
  const serve = provider.callback();
  const server = createServer((request, response) => {
    company.asked.push(new URL(request.url ?? '/', issuer));
    if (!request.url?.startsWith('/sign-in/')) return void serve(request, response);
    people.set(company.person.sub, company.person);
    const result = company.error === undefined ? { login: { accountId: company.person.sub, remember: false } } : { error: company.error, error_description: 'secret policy text' };
    void provider.interactionFinished(request, response, result);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  company.close = () => new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
  return company;
}
