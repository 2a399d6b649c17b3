/** What was given can be taken back: with the next request, and on streams that are open (rows C7, B13; P5). */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ApiKeys } from '../../src/auth/api-keys.service.js';
import { perRequest, send } from '../support/http-mcp.js';
import { authDoors, enterAndListen, everyAuthDoor, signInThrough, type AuthDoor } from '../support/mcp-auth-doors.js';
import type { AuthPerson } from '../support/mcp-auth-person.js';
import { KeptCredentials } from '../support/mcp-auth-provider.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { tokenOf } from '../support/mcp-auth-tokens.js';
import { connectV2 } from '../support/mcp-client-v2.js';
import { within } from '../support/mcp-deadline.js';
import { textOf, type Peer } from '../support/mcp-peer.js';
import { initializeOf, modernRequest, openStream, post, type RawStream } from '../support/mcp-wire.js';
import { GuardedModule } from './fixtures/guarded.js';

let server: AuthServer;
let person: AuthPerson;
beforeAll(async () => {
  server = await startAuthServer({ modules: [GuardedModule] });
});
afterAll(() => server.close());
beforeEach(async ({ task }) => {
  person = await server.person(`person-${task.id}`);
});

type Headers = Record<string, string>;

async function getStream(headers: Headers): Promise<RawStream> {
  const opened = await post(`${server.url}/mcp`, initializeOf('2025-11-25'), headers);
  return openStream(`${server.url}/mcp`, { ...headers, 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '', 'mcp-protocol-version': '2025-11-25' });
}

function subscription(headers: Headers): Promise<RawStream> {
  const { body, headers: own } = modernRequest('subscriptions/listen', { notifications: { toolsListChanged: true } });
  return openStream(`${server.url}/mcp`, { ...own, ...headers }, body);
}

const streams = [
  { stream: 'the GET stream of a session', open: getStream },
  { stream: 'the stream of HTTP+SSE', open: (headers: Headers) => openStream(`${server.url}/sse`, headers) },
  { stream: 'a subscription of 2026-07-28', open: subscription },
];

const endings = [
  { ending: 'the person is disabled', end: async () => server.users.setDisabled(person.account.id, true) },
  { ending: 'the person takes access back under connected applications', end: async () => person.takeBack() },
  {
    ending: 'the token expires', end: async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 400_000 });
      onTestFinished(() => void vi.useRealTimers());
    },
  },
];

async function statusOf(headers: Headers): Promise<number> {
  const { headers: own, json } = perRequest(1, 'tools/list');
  return (await send(`${server.url}/mcp`, { headers: { ...own, ...headers }, json })).status;
}

describe.each(endings)('once $ending', ({ end }) => {
  it('the next request is refused', async () => {
    const { bearer } = await tokenOf(server.url, person);
    expect(await statusOf(bearer)).toBe(200);
    await end();
    expect(await statusOf(bearer)).toBe(401);
  });

  it.each(streams)('$stream ends with the next look at its credential (C7)', async ({ open }) => {
    const other = await tokenOf(server.url, await server.person(`${person.account.login}-other`));
    const stream = await open((await tokenOf(server.url, person)).bearer);
    expect(stream.status).toBe(200);
    await server.judgeStreams();
    expect(await Promise.race([stream.ended, statusOf(other.bearer)])).toBe(200);
    await end();
    await server.judgeStreams();
    expect(await within(stream.ended, 'the end of the stream')).toBe('ended');
  });
});

describe.each(streams)('$stream', ({ open }) => {
  it('ends once the key it was opened with is revoked (C7)', async () => {
    const keys = server.app.get(ApiKeys, { strict: false });
    const { key, text } = await keys.create({ name: 'k', roles: ['robot'] });
    const stream = await open({ 'x-api-key': text });
    await keys.revoke(key.id);
    await server.judgeStreams();
    expect(await within(stream.ended, 'the end of the stream')).toBe('ended');
  });

  it('stays open while its credential is good', async () => {
    const stream = await open((await tokenOf(server.url, person)).bearer);
    await server.judgeStreams();
    await server.judgeStreams();
    stream.close();
    expect(await stream.ended).toBe('broken');
  });
});

describe.each(everyAuthDoor.map((door) => ({ door, name: door.name })))('$name', ({ door }) => {
  it('is refused with its next call once its person is disabled, and gets no new token', async () => {
    const credentials = new KeptCredentials(person);
    const { peer } = await signInThrough(door, server.url, credentials);
    await server.users.setDisabled(person.account.id, true);
    person.agree = () => Promise.resolve(new URL('http://127.0.0.1:9/'));
    await expect(peer.call('opening_hours')).rejects.toThrow(/Unauthorized|401/);
    expect(credentials.kept).toBeUndefined();
  });

  it('sends its person to sign in anew once they took its access back', async () => {
    const credentials = new KeptCredentials(person);
    const { peer, again } = await signInThrough(door, server.url, credentials);
    await person.takeBack();
    expect(textOf(await again(() => peer.call('opening_hours')))).toBe('always');
    expect(person.seen).toEqual(['Sign in', 'Allow access?', 'Allow access?']);
  });
});

const isAboutTools = ({ method }: { method: string }): boolean => method === 'notifications/tools/list_changed';
const names = async (peer: Peer): Promise<string[]> => (await peer.listTools()).map(({ name }) => name);

describe('a person whose roles change', () => {
  it.each<AuthDoor>([authDoors.httpV1, authDoors.sseV1, authDoors.httpLegacy, authDoors.sseV2])('hears that the lists changed and sees other tools, on the stream of $name', async (door) => {
    const credentials = new KeptCredentials(person);
    await signInThrough(door, server.url, credentials);
    const peer = await enterAndListen(door, server.url, { provider: credentials });
    expect(await names(peer)).not.toContain('admin_report');
    await server.users.setRoles(person.account.id, ['admin']);
    await peer.notices.first(isAboutTools, 'the announcement');
    expect(await names(peer)).toContain('admin_report');
    expect(credentials.asked).toHaveLength(1);
  });

  it('hears it on a subscription of 2026-07-28', async () => {
    const credentials = new KeptCredentials(person);
    await signInThrough(authDoors.httpPinned, server.url, credentials);
    const peer = await connectV2(new StreamableHTTPClientTransport(new URL('/mcp', server.url), { authProvider: credentials }), {}, { mode: { pin: '2026-07-28' } });
    onTestFinished(() => peer.close());
    await peer.client.listen({ toolsListChanged: true });
    await server.users.setRoles(person.account.id, ['developer']);
    await peer.notices.first(isAboutTools, 'the announcement');
    expect(await names(peer)).toContain('code_analysis');
    expect(await names(peer)).not.toContain('order');
  });
});
