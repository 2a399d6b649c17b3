/** Limits are one limit for all processes that share a Redis, whoever of them dies (R46, R47; rows G4, J3). */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/http-deadline.js';
import { EventStream } from '../support/http-event-stream.js';
import { perRequest, send } from '../support/http-mcp.js';
import { ServerProcess } from '../support/http-process.js';
import { skipRedis, startRedis, type TestRedis } from '../support/redis.js';

describe.skipIf(skipRedis)('limits across processes', () => {
  let redis: TestRedis;
  const started: ServerProcess[] = [];
  const streams: EventStream[] = [];
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  afterEach(async () => {
    redis.thaw();
    for (const stream of streams.splice(0)) stream.close();
    await Promise.all(started.splice(0).map((server) => server.kill()));
    await redis.empty();
  });

  async function pair(env: Record<string, string>): Promise<{ url: string; kill(): Promise<void> }[]> {
    const both = await Promise.all([1, 2].map(() => ServerProcess.start({ REDIS_URL: redis.url, ...env })));
    started.push(...both);
    return both;
  }
  const open = async ({ url = '' }: { url?: string } = {}, headers = {}): Promise<EventStream> => {
    const stream = await EventStream.open(`${url}/sse`, { headers });
    streams.push(stream);
    return stream;
  };
  const echo = perRequest(1, 'tools/call', { name: 'echo', arguments: { message: 'hello' } });

  it('let as many calls through as one process would, at twice the limit (G4)', async () => {
    const both = await pair({ GATEHOUSE_CALLS_PER_MINUTE: '100', GATEHOUSE_MAX_CALLS_PER_CALLER: '1000' });
    const replies = await Promise.all(Array.from({ length: 200 }, (_, index) => send(`${both[index % 2]?.url}/mcp`, echo)));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(100);
    for (const { headers } of replies.filter(({ status }) => status === 429)) expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
  });

  it('end the oldest stream of a person in the other process', async () => {
    const key = 'one-key-of-one-person-who-is-here-twice';
    const headers = { authorization: `Bearer ${key}` };
    const [one, other] = await pair({ MCP_API_KEY: key, GATEHOUSE_AUTH_MODE: 'embedded', DATABASE_URL: 'sqlite::memory:', GATEHOUSE_MAX_STREAMS_PER_USER: '3' });
    const [oldest, ...rest] = [await open(one, headers), await open(other, headers), await open(one, headers), await open(other, headers)];
    await until('the oldest has ended', () => oldest?.isEnded === true);
    expect(rest.map(({ status, isEnded }) => [status, isEnded])).toEqual([[200, false], [200, false], [200, false]]);
  });

  it('give the places of a process that was killed to others, and nothing else', async () => {
    const [one, other] = await pair({ GATEHOUSE_MAX_STREAMS_PER_ADDRESS: '2' });
    expect([(await open(one)).status, (await open(other)).status, (await open(one)).status, (await open(other)).status]).toEqual([200, 200, 429, 429]);
    await one?.kill();
    await until('the place of the dead is free', async () => (await open(other)).status === 200, 40_000);
    expect((await open(other)).status).toBe(429);
  });

  it('are those of each process while Redis is away, within a second, and one again after', async () => {
    const [one, other] = await pair({ GATEHOUSE_CALLS_PER_MINUTE: '2' });
    redis.freeze();
    const statuses = async (server = { url: '' }): Promise<number[]> => [await send(`${server.url}/mcp`, echo), await send(`${server.url}/mcp`, echo), await send(`${server.url}/mcp`, echo)].map(({ status }) => status);
    expect(await statuses(one)).toEqual([200, 200, 429]);
    expect(await statuses(other)).toEqual([200, 200, 429]);
    redis.thaw();
    await until('both ask Redis again', async () => {
      await redis.empty();
      const [first, second, third] = [await send(`${one?.url}/mcp`, echo), await send(`${other?.url}/mcp`, echo), await send(`${one?.url}/mcp`, echo)];
      return first.status === 200 && second.status === 200 && third.status === 429;
    });
  });
});
