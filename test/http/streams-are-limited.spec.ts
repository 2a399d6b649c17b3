/** Streams and openings by address, streams by person, calls by the minute, as a client meets them (R39–R47; faults 2, 12 and 14 of the brief). */
import { afterEach, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { until } from '../support/http-deadline.js';
import { EventStream } from '../support/http-event-stream.js';
import { McpSession, perRequest, rpc, send, streamPerRequest } from '../support/http-mcp.js';

const asShipped = { maxStreamsPerAddress: 5, maxStreamsPerUser: 3, visitsPerAddress: 100 };
const key = 'a-key-of-somebody-who-opens-many-streams';
const person = { authorization: `Bearer ${key}` };

let gatehouse: Gatehouse;
const streams: EventStream[] = [];

async function start(settings: Record<string, unknown> = {}): Promise<Gatehouse> {
  gatehouse = await startGatehouse({ settings: { ...asShipped, ...settings } });
  return gatehouse;
}

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close();
  await gatehouse.close();
});

const keep = async (opening: Promise<EventStream>): Promise<EventStream> => {
  const stream = await opening;
  streams.push(stream);
  return stream;
};
const sse = (headers: Record<string, string> = {}): Promise<EventStream> => keep(EventStream.open(`${gatehouse.url}/sse`, { headers }));
const mcp = async (): Promise<EventStream> => keep((await McpSession.open(gatehouse.url)).listen());
const subscription = (): Promise<EventStream> => keep(streamPerRequest(gatehouse.url, 1, 'subscriptions/listen', { notifications: { toolsListChanged: true } }));
const statusOf = async (opening: Promise<EventStream>): Promise<number> => (await opening).status;

describe('streams of one address', () => {
  it('are five over all doors; the sixth is refused with when to come back, in JSON, not in a stream (R43, R44, fault 1)', async () => {
    await start();
    expect([await statusOf(mcp()), await statusOf(mcp()), await statusOf(sse()), await statusOf(sse()), await statusOf(subscription())]).toEqual([200, 200, 200, 200, 200]);
    for (const refused of [await mcp(), await sse(), await subscription()]) {
      await until('the refusal is here', () => refused.isEnded);
      expect([refused.status, refused.headers['content-type'], refused.headers['retry-after']]).toEqual([429, 'application/json', '5']);
      expect(rpc({ body: refused.text })).toMatchObject({ error: { code: 1429, message: 'Connection limit exceeded: maximum 5 streams per address' } });
    }
  });

  it('are free again when their clients leave, whichever door they came through (R45)', async () => {
    await start();
    const open = [await mcp(), await mcp(), await sse(), await sse(), await subscription()];
    for (const stream of open) {
      stream.close();
      await until('there is room for one more', async () => await statusOf(sse()) === 200);
      expect(await statusOf(sse())).toBe(429);
    }
  });

  it('belong to who a trusted proxy says they do, and to nobody a stranger names (fault 14)', async () => {
    await start({ trustedProxies: '127.0.0.1', maxStreamsPerAddress: 1 });
    const from = (address: string) => statusOf(sse({ 'x-forwarded-for': address }));
    expect([await from('203.0.113.7'), await from('203.0.113.7'), await from('198.51.100.1, 203.0.113.7'), await from('203.0.113.8')]).toEqual([200, 429, 429, 200]);
    expect([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8:0:1::1')]).toEqual([200, 429, 200]);
  });

  it('are not used up by one client that reads its own stream anew', async () => {
    await start({ maxStreamsPerAddress: 1 });
    const session = await McpSession.open(gatehouse.url);
    const first = await keep(session.listen());
    const second = await keep(session.listen());
    expect([first.status, second.status]).toEqual([200, 200]);
    await until('the first is taken over', () => first.isEnded);
    expect(await statusOf(sse())).toBe(429);
  });
});

describe('streams of one person', () => {
  const signedIn = { authMode: 'embedded', apiKey: key, databaseUrl: 'sqlite::memory:', maxStreamsPerAddress: 0 };

  it('are three; the fourth takes the place of the oldest, which ends (R46, R47)', async () => {
    await start(signedIn);
    const open = [await sse(person), await sse(person), await sse(person), await sse(person)];
    expect(open.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await until('the oldest has ended', () => open[0]?.isEnded === true);
    expect(open.map(({ isEnded }) => isEnded)).toEqual([true, false, false, false]);
  });

  it('are three and no more where the operator would rather refuse', async () => {
    await start({ ...signedIn, streamsPerUserPolicy: 'reject' });
    expect([await statusOf(sse(person)), await statusOf(sse(person)), await statusOf(sse(person)), await statusOf(sse(person))]).toEqual([200, 200, 200, 429]);
  });
});

describe('openings of one address', () => {
  it('are counted before anybody is known, and told in the headers of the draft alone (R40, R41, R42)', async () => {
    await start({ visitsPerAddress: 3, maxStreamsPerAddress: 0 });
    const [one, two] = [await sse(), await mcp()];
    expect(one.headers).toMatchObject({ 'ratelimit-policy': '"stream_open";q=3;w=900', 'ratelimit': expect.stringMatching(/^"stream_open";r=2;t=\d+$/) });
    expect(two.headers['ratelimit']).toMatch(/^"stream_open";r=1;t=/);
    expect(Object.keys(two.headers).filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
    expect(await statusOf(sse())).toBe(200);
    const refused = await sse();
    await until('the refusal is here', () => refused.isEnded);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(890);
    expect(rpc({ body: refused.text })).toMatchObject({ error: { message: expect.stringContaining('Too many requests from this IP') } });
    // What is no opening goes on.
    const { headers, json } = perRequest(1, 'tools/list');
    expect((await send(`${gatehouse.url}/mcp`, { headers, json })).status).toBe(200);
  });
});

describe('calls of a minute', () => {
  it('are limited by tool on every door, before anything runs', async () => {
    await start({ callsPerMinutePerTool: 2 });
    const echo = perRequest(1, 'tools/call', { name: 'echo', arguments: { message: 'hello' } });
    const session = await McpSession.open(gatehouse.url);
    expect([(await send(`${gatehouse.url}/mcp`, echo)).status, (await session.callTool(1, 'echo', { message: 'hello' })).status]).toEqual([200, 200]);
    for (const refused of [await send(`${gatehouse.url}/mcp`, echo), await session.callTool(2, 'echo', { message: 'hello' })]) {
      expect([refused.status, rpc(refused)]).toMatchObject([429, { error: { code: 1429 } }]);
      expect(refused.headers).toMatchObject({ 'ratelimit-policy': '"calls_by_tool";q=2;w=60', 'retry-after': expect.stringMatching(/^\d+$/) });
    }
    expect((await session.callTool(3, 'server_time')).status).toBe(200);
    expect((await session.call(4, 'tools/list')).status).toBe(200);
  });
});
