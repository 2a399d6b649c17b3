import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe as suite, expect, it } from 'vitest';
import { describe, type Description } from './kinds.js';
import { loadSettings, settingsFrom, SettingsError } from './load.js';
import { schema, type SettingName } from './schema.js';
import { describeSettings } from './settings.js';
import type { Environment } from './sources.js';

const SECRET = 'n8QzT4vLr0WcX2bKp7YdHs5GjM9uEaFi';
const every = (Object.keys(schema.shape) as SettingName[])
  .map((name): [SettingName, Description] => [name, describe(schema.shape[name])]);

const company = { authMode: 'federated', federationIssuer: 'https://login.example', federationClientId: 'gatehouse' };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (file: string, content: string): void => writeFileSync(join(directory, file), content);
const load = (env: Environment = {}) => loadSettings({ env, directory });

function faultsOf(act: () => unknown): readonly string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
  return [];
}

suite('settings come from files, and from the environment over them', () => {
  it('start from the defaults', () => {
    expect(load()).toMatchObject({ port: 3000, host: '127.0.0.1', publicUrl: 'http://127.0.0.1:3000', retryMs: 3000 });
  });

  it('let the environment win over production.yaml, and that over default.yaml', () => {
    write('default.yaml', 'pageSize: 1\nmaxDepth: 11\nretryMs: 21');
    write('production.yaml', 'maxDepth: 12\nretryMs: 22');
    const settings = load({ NODE_ENV: 'production', GATEHOUSE_SECRET: SECRET, GATEHOUSE_RETRY_MS: '23' });
    expect(settings).toMatchObject({ pageSize: 1, maxDepth: 12, retryMs: 23 });
  });

  it('leave production.yaml alone elsewhere', () => {
    write('production.yaml', 'maxDepth: 12');
    expect(load().maxDepth).toBe(64);
  });

  it('read one named file instead', () => {
    write('default.yaml', 'pageSize: 1');
    write('mine.yaml', 'maxDepth: 12');
    expect(load({ GATEHOUSE_CONFIG: join(directory, 'mine.yaml') })).toMatchObject({ pageSize: 100, maxDepth: 12 });
  });

  it('take an empty variable for an absent one', () => {
    expect(load({ PORT: '', GATEHOUSE_SECRET: '' })).toMatchObject({ port: 3000, secret: undefined });
  });

  it('cannot be changed afterwards', () => {
    const settings = settingsFrom({ allowedHosts: ['a.example'] });
    expect(() => Object.assign(settings, { port: 1 })).toThrow(TypeError);
    expect(() => (settings.allowedHosts as string[]).push('b.example')).toThrow(TypeError);
  });

  it.each([
    ['0.0.0.0', 'http://localhost:80'], ['::', 'http://localhost:80'], ['::1', 'http://[::1]:80'],
  ])('derive a public address that can be called from host %s', (host, expected) => {
    const values = { host, port: 80 };
    const faults = faultsOf(() => expect(settingsFrom(values).publicUrl).toBe(expected));
    expect(faults.every((fault) => fault.includes('loopback'))).toBe(true);
  });
});

suite('settings read what people write', () => {
  it.each([
    ['4mb', 4 * 1024 ** 2], ['1kb', 1024], ['1.5 MiB', 1.5 * 1024 ** 2], ['65536b', 65_536], ['65536', 65_536],
  ])('the size %s', (raw, expected) => {
    expect(load({ MCP_MAX_MESSAGE_SIZE: raw }).maxMessageBytes).toBe(expected);
    write('default.yaml', `maxMessageBytes: ${raw}`);
    expect(load().maxMessageBytes).toBe(expected);
  });

  it.each([
    ['30s', 30_000], ['500ms', 500], ['1.5m', 90_000], ['250', 250],
  ])('the duration %s in milliseconds', (raw, expected) => {
    expect(load({ GATEHOUSE_TOOL_TIMEOUT: raw }).toolTimeoutMs).toBe(expected);
  });

  it.each([['90', 90], ['90s', 90], ['2m', 120], ['1h', 3600]])('the duration %s in seconds', (raw, expected) => {
    expect(load({ MCP_SESSION_IDLE_SECONDS: raw }).sessionIdleSeconds).toBe(expected);
  });

  it('lists between commas and as YAML', () => {
    write('default.yaml', 'allowedHosts: [Tools.example.com, "[::1]:8080"]');
    expect(load({ ALLOWED_ORIGINS: 'https://a.example, https://b.example:8443' })).toMatchObject({
      allowedHosts: ['tools.example.com', '[::1]:8080'],
      allowedOrigins: ['https://a.example', 'https://b.example:8443'],
    });
  });

  it('headers as JSON and as YAML', () => {
    const expected = { 'X-Custom-Header': 'a', 'Cache-Control': 'no-store' };
    expect(load({ GATEHOUSE_SSE_HEADERS: JSON.stringify(expected) }).sseHeaders).toEqual(expected);
    write('default.yaml', 'sseHeaders: { X-Custom-Header: a, Cache-Control: no-store }');
    expect(load().sseHeaders).toEqual(expected);
  });

  it('a public address with or without its last slash', () => {
    expect(load({ GATEHOUSE_PUBLIC_URL: 'https://a.example/' }).publicUrl).toBe('https://a.example');
    expect(load({ GATEHOUSE_PUBLIC_URL: 'https://a.example/tools/' }).publicUrl).toBe('https://a.example/tools');
  });
});

suite('a broken configuration refuses to start (J14)', () => {
  const wrong = every.flatMap(([name, { refuses }]) => refuses.map((raw): [SettingName, unknown] => [name, raw]));

  it.each(wrong)('%s refuses %j', (name, raw) => {
    const { expected } = describe(schema.shape[name]);
    const [fault, ...others] = faultsOf(() => settingsFrom({ [name]: raw }));
    expect(others).toEqual([]);
    expect(fault).toMatch(new RegExp(`^${name} in the given settings must `));
    expect(fault?.includes(`must be ${expected}`) || fault?.includes('wildcard')).toBe(true);
  });

  it('lists every fault at once, from every source', () => {
    const env = Object.fromEntries(every.map(([, { env: variable, refuses, environmentOnly }]) =>
      environmentOnly ? [variable, undefined] : [variable, refuses.find((raw) => typeof raw === 'string') ?? '-']));
    write('default.yaml', 'prot: 1\nnodeEnv: production');
    const faults = faultsOf(() => load({ ...env, GATEHOUSE_HEARTBEAT: '1' }));
    const isReported = (variable: string): boolean => faults.some((fault) => fault.startsWith(`${variable} in `));
    const silent = every.filter(([, { env: variable }]) => !isReported(variable)).map(([name]) => name);
    expect(silent).toEqual(['nodeEnv']);
    expect(faults).toHaveLength(every.length - 1 + 3);
  });

  it('judges settings against each other beside the malformed ones', () => {
    const faults = faultsOf(() => load({ PORT: 'x', GATEHOUSE_HOST: '0.0.0.0', NODE_ENV: 'production', GATEHOUSE_AUTH_MODE: 'none' }));
    expect(faults).toEqual([
      'PORT in the environment must be a whole number from 0 to 65535; it is "x"',
      'GATEHOUSE_HOST in the environment must be a loopback address while authMode is none: none serves loopback only;'
        + ' it is "0.0.0.0"',
      'secret (GATEHOUSE_SECRET) must be set in production (try: openssl rand -base64 48)',
    ]);
  });

  it.each([
    [{ previousSecret: SECRET }, 'previousSecret'],
    [{ previousSecret: SECRET, secret: SECRET }, 'previousSecret'],
    [{ headersTimeoutMs: '31s' }, 'headersTimeoutMs'],
    [{ sessionIdleSeconds: '13h' }, 'sessionIdleSeconds'],
    [{ maxSessions: 99 }, 'maxSessionsPerCaller'],
    [{ mcpPath: '/sse' }, 'sseMessagesPath'],
    [{ host: '192.168.0.7', authMode: 'none' }, 'host'],
    [{ nodeEnv: 'production' }, 'secret'],
    [{ apiKey: 'a-key-somebody-set', authMode: 'none' }, 'authMode'],
    [{ apiKey: 'short-one', authMode: 'embedded', nodeEnv: 'production', secret: SECRET }, 'apiKey'],
    [{ authToken: 'short-one', authMode: 'embedded', nodeEnv: 'production', secret: SECRET }, 'authToken'],
    [{ authMode: 'embedded', publicUrl: 'http://tools.example.com' }, 'publicUrl'],
    [{ authMode: 'embedded', host: '0.0.0.0' }, 'publicUrl'],
    [{ ...company, publicUrl: 'http://10.0.0.1:3000' }, 'publicUrl'],
    [{ authMode: 'external', externalIssuer: 'https://a.example', host: '0.0.0.0' }, 'publicUrl'],
    [{ ...company, federationIssuer: undefined }, 'federationIssuer'],
    [{ ...company, federationClientId: undefined }, 'federationClientId'],
    [{ ...company, federationScopes: ['profile'] }, 'federationScopes'],
    [{ authMode: 'external' }, 'externalIssuer'],
    [{ authMode: 'external', externalIssuer: 'https://a.example', externalVerification: 'introspection' }, 'externalClientId'],
  ])('%j is a fault of %s', (values, name) => {
    const faults = faultsOf(() => settingsFrom(values));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name} `));
  });

  it.each([
    { authMode: 'embedded', publicUrl: 'https://tools.example.com' }, { authMode: 'embedded', publicUrl: 'http://127.0.0.1:3000' }, { authMode: 'embedded', publicUrl: 'http://[::1]:3000' },
    { authMode: 'external', externalIssuer: 'https://a.example', publicUrl: 'http://tools.example.com' }, company,
  ])('%j is none', (values) => {
    expect(faultsOf(() => settingsFrom(values))).toEqual([]);
  });

  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('serves %s without authentication', (host) => {
    expect(settingsFrom({ host }).host).toBe(host);
  });

  it.each([
    ['port: [', /is not YAML: line 1/], ['port: 1\nport: 2', /is not YAML: line 2, DUPLICATE_KEY/],
    ['- port', /must be a list of/], ['port:', /port in .* must be a whole number/],
  ])('explains the file %j', (content, expected) => {
    write('default.yaml', content);
    expect(faultsOf(() => load())).toEqual([expect.stringMatching(expected)]);
  });

  it('misses a file that was named', () => {
    expect(faultsOf(() => load({ GATEHOUSE_CONFIG: join(directory, 'no.yaml') })))
      .toEqual([expect.stringContaining('no.yaml cannot be read (ENOENT)')]);
  });

  it('takes the mode from the environment only', () => {
    write('default.yaml', 'nodeEnv: production');
    expect(faultsOf(() => load())).toEqual([expect.stringContaining('only be set in the environment, as NODE_ENV')]);
  });
});

suite('an unknown setting is a fault with a hint', () => {
  it.each([
    ['GATEHOUSE_HEARTBEAT', 'GATEHOUSE_HEARTBEAT_MS'], ['GATEHOUSE_PORT', 'PORT'],
    ['GATEHOUSE_SESSION_IDLE_SECONDS', 'MCP_SESSION_IDLE_SECONDS'],
    ['GATEHOUSE_ALOWED_HOST', 'GATEHOUSE_ALLOWED_HOSTS'],
  ])('%s means %s', (variable, meant) => {
    expect(faultsOf(() => load({ [variable]: '1' })))
      .toEqual([`${variable} in the environment is not a setting; did you mean ${meant}?`]);
  });

  it.each([
    ['prot', 'port'], ['session_idle_seconds', 'sessionIdleSeconds'], ['MCP_MAX_MESSAGE_SIZE', 'maxMessageBytes'],
  ])('%s means %s in a file', (name, meant) => {
    write('default.yaml', `${name}: 1`);
    expect(faultsOf(() => load())[0]).toContain(`did you mean ${meant}?`);
  });

  it.each(['GATEHOUSE_COFFEE_MACHINE', 'GATEHOUSE_FOO', 'GATEHOUSE_'])('does not guess at %s', (variable) => {
    expect(faultsOf(() => load({ [variable]: '1' }))).toEqual([`${variable} in the environment is not a setting`]);
  });

  it.each(['constructor', '__proto__', 'toString'])('%s is not one either', (name) => {
    write('default.yaml', `${name}: 1`);
    expect(faultsOf(() => load())[0]).toContain(`${name} in `);
  });

  it('ignores what Kubernetes says about a service called gatehouse', () => {
    const links = {
      GATEHOUSE_PORT: 'tcp://10.0.0.1:3000', GATEHOUSE_SERVICE_HOST: '10.0.0.1', GATEHOUSE_SERVICE_PORT_HTTP: '3000',
      GATEHOUSE_PORT_3000_TCP: 'tcp://10.0.0.1:3000', GATEHOUSE_PORT_3000_TCP_ADDR: '10.0.0.1',
    };
    expect(faultsOf(() => load(links))).toEqual([]);
  });
});

suite('a secret is never shown', () => {
  const secrets = every.filter(([, { secret }]) => secret);
  const addresses = new Map([['databaseUrl', `postgres://gatehouse:${SECRET}@db.example/gatehouse`], ['redisUrl', `redis://:${SECRET}@redis.example`]]);

  it.each(secrets)('%s stays out of every rendering', (name) => {
    const settings = settingsFrom({ authMode: 'embedded', secret: `${SECRET}0`, [name]: addresses.get(name) ?? SECRET });
    const shown = [JSON.stringify(settings), inspect(settings), `${settings}`];
    expect(shown.filter((text) => text.includes(SECRET))).toEqual([]);
    expect(describeSettings(settings)[name]).toBe('(set)');
  });

  it.each(secrets)('%s stays out of complaints', (name, { env }) => {
    const faults = [
      ...faultsOf(() => load({ [env]: 'hunter2' })),
      ...faultsOf(() => settingsFrom({ [name]: 'hunter2' })),
      ...faultsOf(() => settingsFrom({ [name]: { nested: 'hunter2' } })),
      ...faultsOf(() => load({ [`GATEHOUSE_${name}`]: 'hunter2' })),
    ];
    expect(faults).toHaveLength(4);
    expect(faults.join()).not.toContain('hunter2');
  });

  it('is not quoted from a file that is no YAML', () => {
    write('default.yaml', 'secret: "hunter2');
    expect(faultsOf(() => load()).join()).toMatch(/^.*is not YAML(?!.*hunter2)/);
  });

  it('is not quoted from an address', () => {
    const [fault] = faultsOf(() => load({ GATEHOUSE_PUBLIC_URL: 'https://user:hunter2@a.example' }));
    expect(fault).toContain('https://***@a.example');
  });
});

suite('the table of settings', () => {
  const published = new Map<SettingName, string>([
    ['port', 'PORT'], ['nodeEnv', 'NODE_ENV'], ['logLevel', 'LOG_LEVEL'], ['allowedOrigins', 'ALLOWED_ORIGINS'],
    ['maxMessageBytes', 'MCP_MAX_MESSAGE_SIZE'], ['sessionIdleSeconds', 'MCP_SESSION_IDLE_SECONDS'],
    ['toolTimeoutMs', 'GATEHOUSE_TOOL_TIMEOUT'], ['dataDirectory', 'GATEHOUSE_DATA_DIR'],
    ['previousSecret', 'GATEHOUSE_SECRET_PREVIOUS'],
    ['databaseUrl', 'DATABASE_URL'], ['redisUrl', 'REDIS_URL'], ['apiKey', 'MCP_API_KEY'], ['authToken', 'MCP_AUTH_TOKEN'], ['jwtSecret', 'JWT_SECRET'],
  ]);

  it('names each variable after its setting, unless it was published before', () => {
    const expected = every.map(([name]) =>
      published.get(name) ?? `GATEHOUSE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`);
    expect(every.map(([, { env }]) => env)).toEqual(expected);
    expect(new Set(expected).size).toBe(expected.length);
  });

  it('accepts each default from a file as well', () => {
    const values = every.filter(([, { fallback, environmentOnly }]) => fallback !== undefined && !environmentOnly)
      .map(([name, { fallback }]) => [name, fallback]);
    write('default.yaml', JSON.stringify(Object.fromEntries(values)));
    expect(load()).toEqual(settingsFrom());
  });

  it.each(every)('%s is one sentence', (_name, { about }) => {
    expect(about).toMatch(/^[A-Z].*\.$/);
  });
});
