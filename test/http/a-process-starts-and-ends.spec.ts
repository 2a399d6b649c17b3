/** The built server as a process: what it says at its start, how signals end it, with which exit code (R138, R217, R243, R244, R249; rows J7, J8). */
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../support/http-deadline.js';
import { EventStream } from '../support/http-event-stream.js';
import { McpSession, perRequest, rpc, send, streamPerRequest } from '../support/http-mcp.js';
import { ServerProcess } from '../support/http-process.js';

const started: ServerProcess[] = [];

async function start(env?: Record<string, string>): Promise<ServerProcess & { url: string }> {
  const server = await ServerProcess.start(env);
  started.push(server);
  return server;
}

function spawn(env?: Record<string, string>, nodeArguments?: readonly string[]): ServerProcess {
  const server = ServerProcess.spawn(env, { nodeArguments: nodeArguments ?? [] });
  started.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.kill()));
});

/** A call of a tool that computes without end until the tool itself gives up, seconds later; seen to be under way. */
async function slowCall(url: string, op: 'filter' | 'reduce'): Promise<EventStream> {
  const stages = [{ op, expression: '($f := function($n) { $f($n + 1) }; $f(0))' }];
  const stream = await streamPerRequest(url, 'slow', 'tools/call', { name: 'data_transform', arguments: { data: '[{"a":1}]', stages }, _meta: { progressToken: 'slow' } });
  await stream.message('progress', ({ method }) => method === 'notifications/progress');
  return stream;
}

describe('at its start the process says where it can be reached (R217, R244, R249)', () => {
  it('prints the base URL and each door (R244)', async () => {
    const { output, url } = await start();
    for (const address of [url, `${url}/mcp`, `${url}/sse`, `${url}/messages`, `${url}/health`, `${url}/ready`]) expect(output).toContain(address);
    expect(output).toMatch(/ready after \d+ ms/);
  });

  it('prints the paths and the port that were configured (R243)', async () => {
    const { output, url } = await start({ GATEHOUSE_MCP_PATH: '/tools', GATEHOUSE_SSE_PATH: '/api/mcp/sse', GATEHOUSE_SSE_MESSAGES_PATH: '/api/mcp/messages' });
    for (const path of ['/tools', '/api/mcp/sse', '/api/mcp/messages']) expect(output).toContain(`${url}${path}`);
  });

  it('is ready when it says so, and serves a call (R217, R218, R219)', async () => {
    const { url } = await start();
    const { headers, json } = perRequest(1, 'tools/call', { name: 'echo', arguments: { message: 'hello' } });
    const [ready, called] = [await send(`${url}/ready`, { method: 'GET' }), await send(`${url}/mcp`, { headers, json })];
    expect([ready.status, called.status]).toEqual([200, 200]);
  });

  it('keeps standard output for people and standard error for log lines, one JSON each', async () => {
    const server = await start();
    const session = await McpSession.open(server.url);
    await session.end();
    await until('the session was logged', () => server.errors.includes('session.ended'));
    expect(server.output).not.toContain('session.');
    expect(server.errors.trim().split('\n').map((line): unknown => JSON.parse(line))).toEqual(expect.arrayContaining([expect.objectContaining({ event: 'session.opened' })]));
    expect(server.errors).not.toContain(session.id);
  });
});

describe('a process that cannot start says why in one message and ends', () => {
  it('with 1 where the port is taken', async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    const address = occupant.address();
    const port = typeof address === 'object' && address ? String(address.port) : '';
    const server = spawn({ PORT: port });
    expect(await server.exit()).toBe(1);
    occupant.close();
    expect(server.errors).toMatch(new RegExp(`EADDRINUSE.*${port}`));
    expect(server.errors).toContain('PORT');
    expect(server.errors.trim().split('\n')).toHaveLength(1);
    expect(server.output).toBe('');
  });

  it('with 2 where settings are wrong, naming all of them and no secret', async () => {
    const server = spawn({ PORT: 'eighty', GATEHOUSE_HOST: '0.0.0.0', GATEHOUSE_SPEED: 'fast', GATEHOUSE_SECRET: 'short-secret', LOG_LEVEL: 'loud' });
    expect(await server.exit()).toBe(2);
    for (const named of ['PORT', 'GATEHOUSE_HOST', 'GATEHOUSE_SPEED', 'GATEHOUSE_SECRET', 'LOG_LEVEL']) expect(server.errors).toContain(named);
    expect(server.errors).not.toContain('short-secret');
    expect(server.errors).not.toMatch(/\bat .*\.js:\d/);
    expect(server.output).toBe('');
  });

  it('with 1 and one clear line where Node is too old', async () => {
    const pretend = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.11.1" } })';
    const server = spawn({}, ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`]);
    expect(await server.exit()).toBe(1);
    expect(server.errors).toMatch(/needs Node 22\.13 or newer; this is 20\.11\.1/);
    expect(server.errors.trim().split('\n')).toHaveLength(1);
  });
});

describe('a signal ends the process without losing an answer (R138)', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends an idle one on %s with exit code 0', async (signal) => {
    const server = await start();
    server.signal(signal);
    expect(await server.exit()).toBe(0);
  });

  it('answers what runs, ends every stream as its revision says, and then ends with 0', async () => {
    const server = await start();
    const session = await McpSession.open(server.url);
    const [news, old, listening] = [await session.listen(), await EventStream.open(`${server.url}/sse`), await streamPerRequest(server.url, 'news', 'subscriptions/listen', { notifications: { toolsListChanged: true } })];
    await Promise.all([news, old, listening].map((stream) => stream.frame('the first frame', () => true)));
    const slow = await slowCall(server.url, 'filter');
    server.signal('SIGTERM');
    await until('it says that it is not ready', async () => (await send(`${server.url}/ready`, { method: 'GET' })).status === 503);
    const { headers, json } = perRequest(1, 'tools/list');
    const refused = await send(`${server.url}/mcp`, { headers, json });
    expect([refused.status, rpc(refused).error?.code]).toEqual([503, 1503]);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(await listening.answer('news')).toHaveProperty('result');
    await Promise.all([news.ended(), old.ended()]);
    expect([news.frames.at(-1)?.retry, old.frames.at(-1)?.retry]).toEqual([expect.any(Number), expect.any(Number)]);
    // The tool's own verdict, not that of the end.
    expect((await slow.answer('slow')).result).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('expression') }] });
    expect(await server.exit()).toBe(0);
  });

  it('hastens on a second signal: what runs is answered as cancelled, and it ends with 0', async () => {
    const server = await start();
    const slow = await slowCall(server.url, 'reduce');
    server.signal('SIGTERM');
    await until('the end has begun', async () => (await send(`${server.url}/ready`, { method: 'GET' })).status === 503);
    server.signal('SIGTERM');
    expect((await slow.answer('slow')).error).toMatchObject({ code: 1499 });
    expect(await server.exit()).toBe(0);
  });

  it('is not held up by a client that reads nothing', async () => {
    const server = await start();
    const session = await McpSession.open(server.url);
    const stream = await session.listen();
    stream.pause();
    server.signal('SIGTERM');
    expect(await server.exit()).toBe(0);
    stream.close();
  });

  it('keeps the port open for as long as the setting says, so that a balancer notices first', async () => {
    const server = await start({ GATEHOUSE_DRAIN_CLOSE_DELAY_MS: '1000' });
    server.signal('SIGTERM');
    await until('it says that it is not ready', async () => (await send(`${server.url}/ready`, { method: 'GET' })).status === 503);
    expect((await send(`${server.url}/health`, { method: 'GET' })).status).toBe(200);
    expect(await server.exit()).toBe(0);
    await expect(send(`${server.url}/health`, { method: 'GET' })).rejects.toThrow(/ECONNREFUSED/);
  });
});
