/** The official suite judges the authorization server, with a person who really signs in; and what it gets opens /mcp. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { ProviderHolder } from '../../src/auth/authorization-server/provider-holder.js';
import { startAuthServer, type AuthServer } from '../support/mcp-auth-server.js';
import { within } from '../support/mcp-deadline.js';
import { perRequest, send } from '../support/http-mcp.js';
import { freePort } from '../support/free-port.js';
import { registerClient } from '../support/sign-in-server.js';

const SUITE_MS = 60_000;
const manifest = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json');
const { bin } = z.object({ bin: z.object({ conformance: z.string() }) }).parse(JSON.parse(readFileSync(manifest, 'utf8')));
const checksShape = z.array(z.object({ id: z.string(), status: z.string(), errorMessage: z.string().optional() }));

let server: AuthServer;
/** The last one that was given out: the suite keeps its own to itself. */
let issued = '';
beforeAll(async () => {
  server = await startAuthServer();
  server.app.get(ProviderHolder, { strict: false }).provider.on('grant.success', ({ body }) => {
    issued = z.object({ access_token: z.string() }).parse(body).access_token;
  });
});
afterAll(() => server.close());

/** Runs the suite; whenever it prints an address to open in a browser, the person goes there. */
async function runSuite(options: string[], port: number): Promise<{ checks: z.output<typeof checksShape>; exitCode: number | null }> {
  const directory = mkdtempSync(join(tmpdir(), 'conformance-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const person = await server.person(`person-at-${port}`);
  const child = spawn(process.execPath, [join(dirname(manifest), bin.conformance), 'authorization', '--url', server.url, '--port', String(port), '-o', directory, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith(`${server.url}/oauth/authorize?`)) void person.agree(new URL(line)).then((back) => fetch(back));
  });
  await within(once(child, 'close'), 'the end of the suite', SUITE_MS);
  const checks = readdirSync(directory).flatMap((folder) => checksShape.parse(JSON.parse(readFileSync(join(directory, folder, 'checks.json'), 'utf8'))));
  return { checks, exitCode: child.exitCode };
}

describe('conformance authorization', () => {
  it.each([
    ['with no more than an address and a client', []], ['with a resource', ['--resource']],
    ['as of 2025-11-25', ['--spec-version', '2025-11-25']], ['as of 2026-07-28, with a resource', ['--spec-version', '2026-07-28', '--resource']],
  ])('passes %s, and the token it got is accepted by /mcp', async (_name, wished) => {
    issued = '';
    const port = await freePort();
    const client = await registerClient(server.url, { redirectUri: 'http://127.0.0.1/callback' });
    const options = wished.flatMap((option) => (option === '--resource' ? [option, `${server.url}/mcp`] : [option]));
    const { checks, exitCode } = await runSuite(['--client-id', client.id, ...options], port);
    expect(checks.filter(({ status }) => status !== 'SUCCESS')).toEqual([]);
    expect(checks.map(({ id }) => id).toSorted()).toEqual(['authorization-code-grant', 'authorization-server-metadata', 'authorization-server-metadata-cimd']);
    expect(exitCode).toBe(0);
    const { headers, json } = perRequest(1, 'tools/list');
    const reply = await send(`${server.url}/mcp`, { headers: { ...headers, authorization: `Bearer ${issued}` }, json });
    expect([reply.status, reply.text]).toEqual([200, expect.stringContaining('data_transform')]);
  }, SUITE_MS);
});
