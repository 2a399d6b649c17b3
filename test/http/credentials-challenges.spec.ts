import { Module } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { Tool } from '../../src/tools/decorators.js';
import { startGatehouse } from '../support/gatehouse.js';
import { accepted, initialize, McpSession, perRequest, rpc, send, type Reply } from '../support/http-mcp.js';
import { IssuerServer } from '../support/issuer-server.js';
import { aSigningKey, TokenMint } from '../support/token-mint.js';

const PUBLIC = 'https://gate.example';
const METADATA = `${PUBLIC}/.well-known/oauth-protected-resource/mcp`;
const KEY = 'a-static-key-for-this-test';

class Tools {
  @Tool({ name: 'write_file', roles: ['developer'], scopes: ['mcp', 'files:write'] })
  write(): string {
    return 'written';
  }

  @Tool({ name: 'open_hours', public: true })
  hours(): string {
    return 'always';
  }
}

@Module({ providers: [Tools] })
class ToolsOfTheTest {}

let issuer: IssuerServer;
let mint: TokenMint;
let gatehouse: Gatehouse;
let mixed: Gatehouse;
let open: Gatehouse;
beforeAll(async () => {
  issuer = await IssuerServer.start();
  mint = new TokenMint(issuer.url, `${PUBLIC}/mcp`, aSigningKey('their-key', 'RS256'));
  issuer.keys = [mint.key];
  const settings = { publicUrl: PUBLIC, databaseUrl: 'sqlite::memory:', authMode: 'external', externalIssuer: issuer.url, apiKey: KEY, challengeDialect: 'transport' };
  const modules = [ToolsOfTheTest];
  gatehouse = await startGatehouse({ settings, modules });
  mixed = await startGatehouse({ settings: { ...settings, guests: true }, modules });
  open = await startGatehouse();
});
afterAll(async () => {
  await Promise.all([gatehouse.close(), mixed.close(), open.close()]);
  await issuer.stop();
});

const call = (base: string, tool: string, authorization?: string): Promise<Reply> => {
  const { headers, json } = perRequest(1, 'tools/call', { name: tool, arguments: {} });
  return send(`${base}/mcp`, { headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) }, json });
};

describe('who brings nothing, something wrong or too little is told so, each in its own way (E15, checklist 1–3, 9, 10, 13, contract line 1)', () => {
  it('nothing: 401, where to sign in, what to ask for, and no error', async () => {
    const reply = await call(gatehouse.url, 'write_file');
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([401, `Bearer resource_metadata="${METADATA}", scope="mcp"`]);
    expect(rpc(reply).error).toMatchObject({ message: 'Authentication required', data: { message: 'No valid token was provided' } });
    expect(reply.headers['content-type']).toContain('application/json');
  });

  it.each<[string, () => string, string]>([
    ['forged', () => 'eyJhbGciOiJub25lIn0.e30.', 'Invalid JWT token'], ['expired', () => mint.mint({ exp: 1000 }), 'Token expired'],
    ['for another server', () => mint.mint({ aud: 'https://other.example/mcp' }), 'Invalid JWT token'], ['no token at all', () => 'nonsense', 'Invalid authentication credentials'],
  ])('%s: 401 invalid_token', async (_name, token, say) => {
    const reply = await call(gatehouse.url, 'write_file', `Bearer ${token()}`);
    expect([reply.status, reply.headers['www-authenticate']])
      .toEqual([401, `Bearer error="invalid_token", error_description="${say}", resource_metadata="${METADATA}", scope="mcp"`]);
    expect(rpc(reply).error).toMatchObject({ message: say });
  });

  it('too little: 403 with all scopes of the operation, and no others', async () => {
    const reply = await call(gatehouse.url, 'write_file', `Bearer ${mint.mint({ roles: ['developer'], scope: 'mcp other' })}`);
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([
      403, `Bearer error="insufficient_scope", error_description="The credential lacks a scope this operation needs", resource_metadata="${METADATA}", scope="mcp files:write"`,
    ]);
  });

  it('enough: the answer', async () => {
    const reply = await call(gatehouse.url, 'write_file', `Bearer ${mint.mint({ roles: ['developer'], scope: 'mcp files:write' })}`);
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([200, undefined]);
    expect(reply.text).toContain('written');
  });

  it('the wrong role: as if there were no such tool (D11)', async () => {
    const authorization = `Bearer ${mint.mint({ roles: ['analyst'], scope: 'mcp files:write' })}`;
    const [hidden, missing] = [await call(gatehouse.url, 'write_file', authorization), await call(gatehouse.url, 'no_such_one', authorization)];
    expect([hidden.status, hidden.text.replaceAll('write_file', 'X')]).toEqual([missing.status, missing.text.replaceAll('no_such_one', 'X')]);
    expect(hidden.headers['www-authenticate']).toBeUndefined();
  });
});

describe('the credential is asked for on every door and every request (R38, R252, R253, P5)', () => {
  it.each([
    ['POST', '/mcp'], ['GET', '/mcp'], ['DELETE', '/mcp'], ['GET', '/sse'], ['POST', '/messages?sessionId=x'], ['POST', '/messages/x'],
  ])('%s %s', async (method, path) => {
    const reply = await send(gatehouse.url + path, { method, headers: { ...accepted, 'mcp-session-id': 'x' }, ...(method === 'POST' ? { json: {} } : {}) });
    expect(reply.status).toBe(401);
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer resource_metadata="https:\/\/gate\.example\/\.well-known\/oauth-protected-resource\/(mcp|sse)", scope="mcp"$/);
    expect(reply.headers['content-type']).toContain('json');
  });

  it('names the metadata of the door that was used', async () => {
    const reply = await send(`${gatehouse.url}/sse`, { method: 'GET', headers: { accept: 'text/event-stream' } });
    expect(reply.headers['www-authenticate']).toContain('/oauth-protected-resource/sse"');
  });

  it('a session proves nothing: without its credential, and with another one', async () => {
    const reply = await initialize(gatehouse.url, '2025-11-25', { authorization: `Bearer ${KEY}` });
    const id = String(reply.headers['mcp-session-id']);
    const ask = (headers: Record<string, string>): Promise<Reply> =>
      send(`${gatehouse.url}/mcp`, { headers: { ...accepted, 'mcp-session-id': id, ...headers }, json: { jsonrpc: '2.0', id: 1, method: 'ping' } });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ authorization: `Bearer ${mint.mint()}` })).status).toBe(404);
    expect((await ask({ authorization: `Bearer ${KEY}` })).status).toBe(200);
  });
});

describe('a credential of absurd size costs nothing (E8)', () => {
  it.each([[64 * 1024, 431], [10 * 1024, 401]])('%i bytes: %i', async (size, status) => {
    const reply = await call(gatehouse.url, 'write_file', `Bearer eyJ${'a'.repeat(size)}`);
    expect(reply.status).toBe(status);
  });
});

describe('the metadata of the protected resource (RFC 9728, checklist 8 and 11, contract lines 2 and 4)', () => {
  const document = {
    resource: `${PUBLIC}/mcp`, scopes_supported: ['mcp'], bearer_methods_supported: ['header'], resource_name: 'Gatehouse',
  };

  it.each([['', '/mcp'], ['/', '/mcp'], ['/mcp', '/mcp'], ['/mcp/', '/mcp'], ['/sse', '/sse']])('answers at …%s about %s', async (inserted, path) => {
    const address = `${gatehouse.url}/.well-known/oauth-protected-resource${inserted}`;
    const reply = await send(address, { method: 'GET' });
    expect([reply.status, reply.headers.location]).toEqual([200, undefined]);
    expect(JSON.parse(reply.text)).toMatchObject({ ...document, resource: PUBLIC + path, authorization_servers: [issuer.url] });
    expect(await send(address, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  });

  it.each(['/other', '/mcp/x', '/mcpx', '/MCP', '/%2e%2e/mcp'])('answers nothing at …%s', async (inserted) => {
    expect((await send(`${gatehouse.url}/.well-known/oauth-protected-resource${inserted}`, { method: 'GET' })).status).toBe(404);
  });

  it('is not there where nothing is protected', async () => {
    expect((await send(`${open.url}/.well-known/oauth-protected-resource/mcp`, { method: 'GET' })).status).toBe(404);
  });
});

describe('a mixed server lets guests in to what is public (contract line 18)', () => {
  it('opens, lists and calls without a credential', async () => {
    const session = await McpSession.open(mixed.url);
    const listed = rpc(await session.call(1, 'tools/list')).result?.['tools'];
    expect(listed).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'open_hours' }), expect.objectContaining({ name: 'write_file' })]));
    expect((await call(mixed.url, 'open_hours')).text).toContain('always');
  });

  it('asks to sign in once something protected is called', async () => {
    const reply = await call(mixed.url, 'write_file');
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([401, `Bearer resource_metadata="${METADATA}", scope="mcp files:write"`]);
  });

  it('still refuses a wrong token', async () => {
    expect((await call(mixed.url, 'open_hours', 'Bearer nonsense')).status).toBe(401);
  });
});

describe('a foreign page is turned away before anybody asks who it is (G1)', () => {
  it.each(['https://evil.example', 'null', 'https://sub.gate.example', 'https://gate.example.evil', 'http://localhost.evil'])('Origin %s', async (origin) => {
    const reply = await send(`${gatehouse.url}/mcp`, { headers: { ...accepted, origin, authorization: `Bearer ${KEY}` }, json: {} });
    expect([reply.status, reply.headers['www-authenticate']]).toEqual([403, undefined]);
  });

  it.each(['evil.example', 'localhost.evil', 'gate.example.evil'])('Host %s', async (host) => {
    expect((await send(`${gatehouse.url}/mcp`, { headers: { ...accepted, host, authorization: `Bearer ${KEY}` }, json: {} })).status).toBe(403);
  });
});
