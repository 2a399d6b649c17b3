/** What the built server does by itself, twice a minute and once a minute, with nobody asking (rows C7, E9; SECURITY.md). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '../support/free-port.js';
import { until, within } from '../support/http-deadline.js';
import { initialize, perRequest, send } from '../support/http-mcp.js';
import { ServerProcess } from '../support/http-process.js';
import { modernRequest, openStream, type RawStream } from '../support/mcp-wire.js';
import { basic, headerOf, postForm, type Answer } from '../support/oauth-client.js';
import { operate } from '../support/operator.js';

const MINUTE = 60_000;
const keySet = z.object({ keys: z.array(z.object({ kid: z.string() })) });
const directory = mkdtempSync(join(tmpdir(), 'gatehouse-in-time-'));
let server: ServerProcess & { url: string };
beforeAll(async () => {
  server = await ServerProcess.start({ GATEHOUSE_AUTH_MODE: 'embedded', GATEHOUSE_DATA_DIR: directory, PORT: String(await freePort()) });
});
afterAll(async () => {
  await server.kill();
  rmSync(directory, { recursive: true });
});

const gate = async (...words: string[]): Promise<Record<string, unknown>> => JSON.parse((await operate({ authMode: 'embedded', dataDirectory: directory }, ...words, '--json')).text);

/** One stream of each kind, opened with a key. */
async function everyStream(key: string): Promise<RawStream[]> {
  const proof = { 'x-api-key': key };
  const session = (await initialize(server.url, '2025-11-25', proof)).headers['mcp-session-id'];
  const { body, headers } = modernRequest('subscriptions/listen', { notifications: { toolsListChanged: true } });
  return Promise.all([
    openStream(`${server.url}/mcp`, { ...proof, 'mcp-session-id': String(session), 'mcp-protocol-version': '2025-11-25' }),
    openStream(`${server.url}/sse`, proof), openStream(`${server.url}/mcp`, { ...headers, ...proof }, body),
  ]);
}

// Side by side: both wait for timers, not for this machine.
describe.concurrent('a server that is left alone', () => {
  it('ends every stream within a minute of the end of its key, and no other (C7)', async () => {
    const [ends, stays] = [await gate('keys', 'create', 'ends', '--roles', 'developer'), await gate('keys', 'create', 'stays', '--roles', 'developer')];
    const [ending, staying] = [await everyStream(String(ends['text'])), await everyStream(String(stays['text']))];
    expect([...ending, ...staying].map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    await gate('keys', 'revoke', String(ends['id']));
    expect(await within('the end of the streams', Promise.all(ending.map(({ ended }) => ended)), MINUTE)).toEqual(['ended', 'ended', 'ended']);
    for (const stream of staying) stream.close();
    expect(await Promise.all(staying.map(({ ended }) => ended))).toEqual(['broken', 'broken', 'broken']);
  }, 2 * MINUTE);

  it('finds a new signing key, publishes it, and signs with it once its time has come (E9)', async () => {
    const { clientId, secret } = await gate('clients', 'create', 'nightly', '--roles', 'developer');
    const token = (): Promise<Answer> => postForm(`${server.url}/oauth/token`, { grant_type: 'client_credentials' }, { authorization: basic(String(clientId), String(secret)) });
    const published = async (): Promise<string[]> => keySet.parse(await (await fetch(`${server.url}/oauth/jwks`)).json()).keys.map(({ kid }) => kid);
    const old = headerOf((await token()).access_token)['kid'];
    // The process looks once a minute: it has seen the key before the key signs.
    const { kid } = await gate('keys', 'rotate', '--lead', '62');
    await until('the new key is published', async () => (await published()).includes(String(kid)), 1.5 * MINUTE);
    expect(await published()).toContain(old);
    await until('the new key signs', async () => headerOf((await token()).access_token)['kid'] === kid, MINUTE / 2);
    const { headers, json } = perRequest(1, 'tools/list');
    expect((await send(`${server.url}/mcp`, { headers: { ...headers, authorization: `Bearer ${(await token()).access_token}` }, json })).status).toBe(200);
  }, 3 * MINUTE);
});
