/** Tokens by hand, for tests that look at the wire: the person signs in and agrees, and nothing stands between. */
import { z } from 'zod';
import type { AuthPerson } from './mcp-auth-person.js';
import { registerClient, type TestClient } from './sign-in-server.js';

const tokens = z.object({ access_token: z.string(), refresh_token: z.string() });

/** What a sign-in yields, ready to be sent. */
export interface HandToken {
  accessToken: string;
  refreshToken: string;
  /** The header that carries it. */
  bearer: { authorization: string };
}

/** Signs in through a client, a new one where none is given. */
export async function tokenOf(url: string, person: AuthPerson, { client, scope = 'mcp' }: { client?: TestClient; scope?: string } = {}): Promise<HandToken> {
  const through = client ?? await registerClient(url);
  const back = await person.agree(new URL(through.authorizeUrl(scope)));
  return handed(await (await through.redeem(back)).json());
}

/** The next token of a sign-in. */
export async function refreshed(url: string, client: TestClient, { refreshToken }: HandToken): Promise<HandToken> {
  const answer = await fetch(`${url}/oauth/token`, {
    method: 'POST', body: new URLSearchParams({ grant_type: 'refresh_token', client_id: client.id, refresh_token: refreshToken }),
  });
  return handed(await answer.json());
}

function handed(answer: unknown): HandToken {
  const { access_token: accessToken, refresh_token: refreshToken } = tokens.parse(answer);
  return { accessToken, refreshToken, bearer: { authorization: `Bearer ${accessToken}` } };
}
