import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Gatehouse } from '../../src/bootstrap.js';
import { startGatehouse } from '../support/gatehouse.js';
import { initialize } from '../support/http-mcp.js';
import { basic, postForm } from '../support/oauth-client.js';
import { operate, type Printed } from '../support/operator.js';

let directory: string;
let databaseUrl: string;
let gatehouse: Gatehouse;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-cli-'));
  databaseUrl = `sqlite:${join(directory, 'gatehouse.db')}`;
  gatehouse = await startGatehouse({ settings: { authMode: 'embedded', databaseUrl, publicUrl: 'https://gate.example', dataDirectory: directory } });
});
afterAll(async () => {
  await gatehouse.close();
  rmSync(directory, { recursive: true });
});

const gate = (...words: string[]): Promise<Printed> => operate({ authMode: 'embedded', databaseUrl, dataDirectory: directory }, ...words);
const enter = (text: string): Promise<number> => initialize(gatehouse.url, '2025-11-25', { authorization: `Bearer ${text}` }).then(({ status }) => status);
const json = async (...words: string[]): Promise<Record<string, unknown>> => JSON.parse((await gate(...words, '--json')).text);

describe('keys on the command line', () => {
  it('come, change and go while the server runs', async () => {
    const { id, text } = await json('keys', 'create', 'ci', '--roles', 'developer', '--expires', '90d');
    expect(await enter(String(text))).toBe(200);
    const next = await json('keys', 'rotate', String(id), '--overlap', '0');
    expect([await enter(String(text)), await enter(String(next['text']))]).toEqual([401, 200]);
    expect((await gate('keys', 'revoke', String(id))).code).toBe(0);
    expect(await enter(String(next['text']))).toBe(401);
  });

  it('are listed for people and for machines, never with their text or hash', async () => {
    const { id, text } = await json('keys', 'create', 'with\u001b[31mcolour', '--roles', 'a,b', '--addresses', '10.0.0.0/8,::1');
    const people = await gate('keys', 'list');
    expect(people.text).toMatch(/^ID +NAME +ROLES/);
    expect(people.text).toContain('with?[31mcolour');
    const machines = await gate('keys', 'list', '--json');
    for (const { text: shown } of [people, machines]) expect(shown).not.toContain(String(text));
    expect(machines.text).toContain(String(id));
    expect(machines.text).not.toMatch(/hash/i);
  });

  it('rotates the keys that sign tokens, under either name', async () => {
    expect(await json('keys', 'rotate', '--lead', '0')).toEqual({ kid: expect.any(String) });
    expect((await gate('signing-keys', 'rotate')).text).toContain('is published now');
  });
});

describe('clients on the command line', () => {
  const ask = (form: Record<string, string>, headers: Record<string, string> = {}) => postForm(`${gatehouse.url}/oauth/token`, { grant_type: 'client_credentials', ...form }, headers);
  const withSecret = (id: unknown, secret: unknown) => ask({}, { Authorization: basic(String(id), String(secret)) });

  const withKey = async (id: unknown, key: KeyObject) => ask({
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await new SignJWT({ jti: randomUUID() }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).setIssuer(String(id)).setSubject(String(id))
      .setAudience('https://gate.example').setIssuedAt().setExpirationTime('1m').sign(key),
  });

  it('get tokens with their secret, a new secret and none after they are revoked, while the server runs', async () => {
    const { clientId, secret } = await json('clients', 'create', 'nightly', '--roles', 'developer');
    const first = await withSecret(clientId, secret);
    expect([first.status, await enter(String(first.access_token))]).toEqual([200, 200]);
    const next = await json('clients', 'rotate', String(clientId));
    expect([await enter(String(first.access_token)), (await withSecret(clientId, secret)).status]).toEqual([401, 401]);
    const second = await withSecret(clientId, next['secret']);
    expect(await enter(String(second.access_token))).toBe(200);
    expect((await gate('clients', 'revoke', String(clientId))).code).toBe(0);
    expect([await enter(String(second.access_token)), (await withSecret(clientId, next['secret'])).status]).toEqual([401, 401]);
  });

  it('get tokens with their key', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { clientId, ...rest } = await json('clients', 'create', 'signed', '--roles', 'developer', '--auth', 'key', '--jwks', keyFile('public.json', publicKey));
    expect(rest).not.toHaveProperty('secret');
    expect((await withKey(clientId, privateKey)).status).toBe(200);
    expect(await gate('clients', 'rotate', String(clientId))).toMatchObject({ code: 2, errors: expect.stringContaining('with its key; give the new ones with --jwks') });
  });

  it('get tokens with new keys, and none with the old ones, while the server runs', async () => {
    const [old, next] = [generateKeyPairSync('ec', { namedCurve: 'P-256' }), generateKeyPairSync('ec', { namedCurve: 'P-256' })];
    const { clientId } = await json('clients', 'create', 'renewed', '--roles', 'developer', '--jwks', keyFile('old.json', old.publicKey));
    const first = await withKey(clientId, old.privateKey);
    expect(await enter(String(first.access_token))).toBe(200);
    expect((await gate('clients', 'rotate', String(clientId), '--jwks', keyFile('next.json', next.publicKey))).text).toContain('From now on it proves itself with the key of');
    expect([await enter(String(first.access_token)), (await withKey(clientId, old.privateKey)).status]).toEqual([401, 401]);
    expect(await enter(String((await withKey(clientId, next.privateKey)).access_token))).toBe(200);
    const { clientId: other } = await json('clients', 'create', 'with a secret', '--roles', 'developer');
    expect(await gate('clients', 'rotate', String(other), '--jwks', keyFile('next.json', next.publicKey))).toMatchObject({ code: 2, errors: expect.stringContaining('does not prove itself with keys') });
  });

  it('may act for people, or exchange assertions', async () => {
    expect(await json('clients', 'create', 'App', '--redirect', 'https://app.example/back', '--auth', 'none', '--scopes', 'mcp,admin'))
      .toMatchObject({ grants: ['authorization_code', 'refresh_token'], redirectUris: ['https://app.example/back'], scopes: ['mcp', 'admin'], authentication: 'none' });
    expect(await json('clients', 'create', 'Assistant', '--grants', 'id-jag'))
      .toMatchObject({ grants: ['urn:ietf:params:oauth:grant-type:jwt-bearer'], scopes: ['mcp'], secret: expect.stringMatching(/^ghs_/) });
  });

  it('are listed for people and for machines, never with a secret or a key', async () => {
    const { clientId, secret } = await json('clients', 'create', 'listed', '--roles', 'a,b');
    const [people, machines] = [await gate('clients', 'list'), await gate('clients', 'list', '--json')];
    expect(people.text).toMatch(/^ID +NAME +GRANTS/);
    expect(people.text).toMatch(new RegExp(`${String(clientId)} +listed +client_credentials +client_secret_basic +a,b +mcp`));
    expect(JSON.parse(machines.text)).toContainEqual(expect.objectContaining({ clientId, roles: ['a', 'b'] }));
    for (const { text } of [people, machines]) {
      expect(text).not.toContain(String(secret));
      expect(text).not.toMatch(/hmac|kty/);
    }
  });

  it('never keep a private key, nor what is no key at all', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const create = (file: string) => gate('clients', 'create', 'x', '--roles', 'a', '--jwks', file);
    expect(await create(keyFile('private.json', privateKey))).toMatchObject({ code: 2, errors: expect.stringContaining('holds a private key') });
    const empty = join(directory, 'empty.json');
    writeFileSync(empty, '[]');
    expect(await create(empty)).toMatchObject({ code: 2, errors: expect.stringContaining('no set of public keys') });
    expect(await create(join(directory, 'nowhere.json'))).toMatchObject({ code: 2, errors: expect.stringContaining('cannot be read') });
  });
});

function keyFile(name: string, key: KeyObject): string {
  const file = join(directory, name);
  writeFileSync(file, JSON.stringify({ keys: [{ ...key.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }] }));
  return file;
}

describe('people on the command line', () => {
  it('are made, changed and locked out', async () => {
    const anna = await json('users', 'create', 'anna', '--roles', 'developer', '--name', 'Anna A.');
    expect(anna).toMatchObject({ login: 'anna', roles: ['developer'], displayName: 'Anna A.', oneTimePassword: expect.any(String), disabled: false });
    expect(await gate('users', 'create', 'ANNA')).toMatchObject({ code: 2, errors: 'The login ANNA is taken\n' });
    expect(await json('users', 'roles', 'anna', 'analyst,admin')).toMatchObject({ roles: ['analyst', 'admin'] });
    expect(await json('users', 'disable', 'anna')).toMatchObject({ disabled: true });
    expect(await json('users', 'enable', 'anna')).toMatchObject({ disabled: false });
    expect((await json('users', 'password', 'anna'))['oneTimePassword']).not.toBe(anna['oneTimePassword']);
    expect((await gate('users', 'list')).text).toMatch(/^LOGIN.*\n(.*\n)*anna +Anna A\. +analyst,admin/);
    expect((await gate('users', 'list', '--json')).text).not.toMatch(/hash|scrypt/i);
  });
});

describe('a command that cannot be obeyed says why', () => {
  it.each<[string[], number, string]>([
    [['keys', 'create', 'x'], 2, '--roles is missing'], [['keys', 'create', '--roles', 'a'], 2, 'The name of the key is missing'],
    [['keys', 'create', 'x', '--roles', 'a', '--expires', 'soon'], 2, '--expires must be'], [['keys', 'create', 'x', '--roles', 'a', '--addresses', 'home'], 2, 'not an address'],
    [['keys', 'revoke', 'nope'], 2, 'is not known'], [['keys', 'rotate', 'nope'], 2, 'is not known'], [['users', 'disable', 'nobody'], 2, 'is not known'],
    [['clients', 'create'], 2, 'The name of the client is missing'], [['clients', 'create', 'x'], 2, '--roles is missing'], [['clients', 'create', 'x', '--grants', 'password'], 2, '--grants must be'],
    [['clients', 'create', 'x', '--roles', 'a', '--auth', 'none'], 2, 'must be able to prove itself'], [['clients', 'create', 'x', '--roles', 'a', '--auth', 'key'], 2, 'needs the public keys'],
    [['clients', 'rotate', 'op_nope'], 2, 'is not known'], [['clients', 'revoke', 'op_nope'], 2, 'is not known'],
    [['users', 'roles', 'anna'], 2, 'is missing'], [['keys', 'list', '--what'], 2, "Unknown option '--what'.\n\n  gatehouse keys list\n"],
    [['users', 'create', 'x', '--password', 'y'], 2, "Unknown option '--password'.\n\n  gatehouse users create <login>"], [['tea'], 2, 'There is no command "tea"'],
  ])('%j', async (words, code, say) => {
    const outcome = await gate(...words);
    expect([outcome.code, outcome.text]).toEqual([code, '']);
    expect(outcome.errors).toContain(say);
  });

  it.each([
    ['keys', 'create', 'x', '--roles', 'developer,develper'], ['clients', 'create', 'x', '--roles', 'develper'], ['users', 'create', 'carla', '--roles', 'develper'], ['users', 'roles', 'anna', 'develper'],
  ])('and one that was obeyed points at a role nobody has heard of: %s %s', async (...words) => {
    const { code, text } = await gate(...words);
    expect([code, text]).toEqual([0, expect.stringContaining('Note: the role map does not name develper.')]);
    expect((await gate('keys', 'create', 'x', '--roles', 'developer,admin')).text).not.toContain('Note');
  });

  it('lists the commands on request', async () => {
    expect(await gate()).toMatchObject({ code: 0, text: expect.stringContaining('gatehouse keys create <name>') });
    expect(await gate('--help')).toMatchObject({ code: 0 });
  });
});
