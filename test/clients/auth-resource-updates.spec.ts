/** Who may not read a resource does not hear that it changed, although nothing keeps him from asking to be told (P6, D11). */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Catalogue } from '../../src/tools/catalogue.js';
import { authDoors, enterAndListen, signInThrough, type AuthDoor } from '../support/mcp-auth-doors.js';
import { KeptCredentials } from '../support/mcp-auth-provider.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { connectV2 } from '../support/mcp-client-v2.js';
import type { Peer } from '../support/mcp-peer.js';
import { GuardedModule } from './fixtures/guarded.js';

const UPDATED = 'notifications/resources/updated';
const GUARDED = 'guarded://ledger';
// Nobody is kept from what is not offered: that this came shows that whatever was said before has arrived.
const MARKER = 'open://marker';

let server: AuthServer;
let catalogue: Catalogue;
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule] });
  catalogue = server.app.get(Catalogue, { strict: false });
});
afterAll(() => server.close());

/** What a peer was told of the guarded resource, up to and including a marker. */
async function told(...peers: Peer[]): Promise<unknown[][]> {
  for (const uri of [GUARDED, MARKER]) catalogue.resourceUpdated(uri);
  return Promise.all(peers.map(async ({ notices }) => {
    const uris = (): unknown[] => notices.items.filter(({ method }) => method === UPDATED).map(({ params }) => params['uri']);
    await notices.until(() => uris().includes(MARKER), 'the marker');
    return uris();
  }));
}

let people = 0;
async function person(role: string): Promise<KeptCredentials> {
  people += 1;
  return new KeptCredentials(await server.person(`${role}-${people}`, [role]));
}

describe.each<AuthDoor>([authDoors.httpV1, authDoors.sseV1, authDoors.httpLegacy, authDoors.sseV2])('in a session of $name', (door) => {
  const watching = async (credentials: KeptCredentials): Promise<Peer> => {
    await signInThrough(door, server.url, credentials);
    const peer = await enterAndListen(door, server.url, { provider: credentials });
    for (const uri of [GUARDED, MARKER]) await peer.verbs.subscribeResource({ uri });
    return peer;
  };

  it('an analyst hears of the ledger and a developer does not', async () => {
    const [analyst, developer] = [await watching(await person('analyst')), await watching(await person('developer'))];
    expect(await told(analyst, developer)).toEqual([[GUARDED, MARKER], [MARKER]]);
  });

  it('and nobody hears of it who was an analyst until the last request', async () => {
    const analyst = await person('analyst');
    const peer = await watching(analyst);
    await server.users.setRoles(analyst.person.account.id, ['developer']);
    await peer.listTools();
    expect(await told(peer)).toEqual([[MARKER]]);
  });
});

describe('on a subscription of 2026-07-28', () => {
  const watching = async (credentials: KeptCredentials): Promise<Peer> => {
    await signInThrough(authDoors.httpPinned, server.url, credentials);
    const peer = await connectV2(new StreamableHTTPClientTransport(new URL('/mcp', server.url), { authProvider: credentials }), {}, { mode: { pin: '2026-07-28' } });
    onTestFinished(() => peer.close());
    const { honoredFilter } = await peer.client.listen({ resourceSubscriptions: [GUARDED, MARKER] });
    // The confirmation is the same for both: it would say otherwise that there is something to hide.
    expect(honoredFilter).toEqual({ resourceSubscriptions: [GUARDED, MARKER] });
    return peer;
  };

  it('an analyst hears of the ledger and a developer does not', async () => {
    const [analyst, developer] = [await watching(await person('analyst')), await watching(await person('developer'))];
    expect(await told(analyst, developer)).toEqual([[GUARDED, MARKER], [MARKER]]);
  });
});
