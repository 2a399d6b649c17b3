/** The kinds of settings: each builds a zod schema that reads YAML and environment alike and explains itself. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { readDuration, readSize, readWhole } from './units.js';

/** What every setting says about itself. */
export interface Options<D> {
  /** The environment variable that sets it. */
  env: string;
  fallback: D;
  /** One sentence, printed in the reference. */
  about: string;
}

interface Bounds {
  least?: number;
  most?: number;
}

/** What the loader, the reference and the tests know about a setting. */
export interface Description extends Options<unknown> {
  /** Completes "must be …". */
  expected: string;
  secret: boolean;
  /** Cannot be set in a file, because it decides which files are read. */
  environmentOnly: boolean;
  /** Values it must refuse, for the tests. */
  refuses: readonly unknown[];
}

const descriptions = z.registry<Description>();

/** The description of one member of the schema. */
export function describe(setting: z.ZodType): Description {
  const description = descriptions.get(setting);
  if (!description) throw new TypeError('Every setting is built by src/config/kinds.ts');
  return description;
}

/** Gives the value, or nothing where it is not what was expected; `refuse` replaces the standard sentence. */
type Reader<T> = (raw: unknown, refuse: (reason: string) => undefined) => T | undefined;

interface Kind<T> {
  expected: string;
  read: Reader<T>;
  refuses: readonly unknown[];
  secret?: boolean;
  environmentOnly?: boolean;
}

/** Makes a kind: reads a raw value, or says what was expected. */
export function setting<T, D>(options: Options<D>, kind: Kind<T>): z.ZodType<T | D> {
  const reading = z.unknown().transform((raw, context): T => {
    let reason = `must be ${kind.expected}`;
    const value = kind.read(raw, (better) => void (reason = better));
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: reason });
    return z.NEVER;
  });
  // zod's type of a default leaves no room for "nothing", its behaviour does.
  const schema: z.ZodType<T | D> = reading.default(options.fallback as never);
  const { env, fallback, about } = options;
  const { expected, refuses, secret = false, environmentOnly = false } = kind;
  return schema.register(descriptions, { env, fallback, about, expected, refuses, secret, environmentOnly });
}

/** The largest delay a Node timer keeps. */
const LONGEST_TIMER = 2_147_483_647;

/** A whole number. */
export function whole({ least = 1, most = Number.MAX_SAFE_INTEGER, ...options }: Options<number> & Bounds) {
  return setting(options, {
    expected: `a whole number ${range(least, most)}`,
    read: (raw) => within(readWhole(raw), least, most),
    refuses: ['eighty', '1e3', '1.5', true, null, [], least - 1, ...(most < Number.MAX_SAFE_INTEGER ? [most + 1] : [])],
  });
}

/** A number of bytes; accepts `4mb`. */
export function bytes({ least = 1, most = 1024 ** 3, ...options }: Options<number> & Bounds) {
  return setting(options, {
    expected: `a size ${range(least, most)} bytes, such as 65536, "64kb" or "4mb"`,
    read: (raw) => within(readSize(raw), least, most),
    refuses: ['4 apples', '4m', '-1', true, null, least - 1, most + 1],
  });
}

/** A number of milliseconds; accepts `30s`. */
export function milliseconds({ least = 1, most = LONGEST_TIMER, ...options }: Options<number> & Bounds) {
  return setting(options, {
    expected: `a duration ${range(least, most)} milliseconds, such as 500, "500ms" or "30s"`,
    read: (raw) => within(readDuration(raw, 1), least, most),
    refuses: ['soon', '30sec', '0.5ms', true, null, least - 1, most + 1],
  });
}

/** A number of seconds; accepts `30m`. */
export function seconds({ least = 1, most = Math.floor(LONGEST_TIMER / 1000), ...options }: Options<number> & Bounds) {
  return setting(options, {
    expected: `a duration ${range(least, most)} seconds, such as 90, "90s" or "30m"`,
    read: (raw) => within(readDuration(raw, 1000), least, most),
    refuses: ['soon', '500ms', true, null, least - 1, most + 1],
  });
}

/** Yes or no. */
export function flag(options: Options<boolean>) {
  const words = new Map<unknown, boolean>([[true, true], ['true', true], [false, false], ['false', false]]);
  return setting(options, {
    expected: 'true or false', read: (raw) => words.get(raw), refuses: ['yes', 'TRUE', 1, null],
  });
}

/** One of a few words. */
export function oneOf<const W extends string>(
  options: Options<NoInfer<W>> & { words: readonly W[]; environmentOnly?: boolean },
) {
  return setting(options, {
    expected: `one of ${options.words.join(', ')}`,
    read: (raw) => options.words.find((word) => word === raw),
    refuses: ['none-of-these', '*', 7, null],
    environmentOnly: options.environmentOnly ?? false,
  });
}

/** Any text that is not blank. */
export function text<const D extends string | undefined>(options: Options<D>) {
  return setting<string, D>(options, {
    expected: 'a text',
    read: (raw) => (typeof raw === 'string' && raw.trim() !== '' ? raw.trim() : undefined),
    refuses: ['   ', 7, true, null, ['a']],
  });
}

/** A name or address to listen on. */
export function host(options: Options<string>) {
  return setting(options, {
    expected: 'an IP address or a host name, without scheme or port',
    read: (raw) => (typeof raw === 'string' && (isIP(raw) || isHostName(raw)) ? raw.toLowerCase() : undefined),
    refuses: ['http://127.0.0.1', '127.0.0.1:3000', '*', '-a', 'a b', null, 7],
  });
}

/** A path on this server. */
export function path(options: Options<string>) {
  return setting(options, {
    expected: 'a path such as /mcp: a slash and plain characters, without a slash at its end',
    read: (raw) => (typeof raw === 'string' && /^(?:\/[\w.~-]+)+$/.test(raw) ? raw : undefined),
    refuses: ['mcp', '/', '/mcp/', '/m cp', '/mcp?x=1', '/:id', '/*', null],
  });
}

/** The address people and clients use from outside, without a slash at its end. */
export function link(options: Options<undefined>) {
  return setting<string, undefined>(options, {
    expected: 'an http or https address such as https://tools.example.com, without user, query or fragment',
    read: (raw) => {
      const url = readUrl(raw);
      const plain = url && !url.username && !url.password && !/[?#]/.test(url.href);
      return plain ? url.href.replace(/\/+$/, '') : undefined;
    },
    refuses: ['a.example', 'ftp://a.example', 'https://a:b@c.example', 'https://a.example?b', 'https://*', null],
  });
}

/** Host names a request may carry, with a port where only that port is meant. */
export function hostList(options: Options<readonly string[]>) {
  const isAllowable = (item: string): boolean => {
    const [, name = '', port] = /^(.+?|\[.+\])(?::(\d+))?$/.exec(item) ?? [];
    const address = name.startsWith('[') ? isIP(name.slice(1, -1)) === 6 : isHostName(name);
    return address && (port === undefined || Number(port) <= 65_535);
  };
  return setting<readonly string[], readonly string[]>(options, {
    expected: 'a list of host names such as tools.example.com or tools.example.com:8443',
    read: (raw, refuse) => {
      const items = readList(raw)?.map((item) => item.toLowerCase());
      if (items?.some((item) => item.includes('*'))) {
        return refuse('must name each host: a wildcard would let any page reach this server by DNS rebinding');
      }
      return items?.every(isAllowable) ? items : undefined;
    },
    refuses: ['*', '*.example.com', 'https://a.example', 'a.example/x', 'a.example:99999', 'a b', [7], null],
  });
}

/** Origins of web pages, compared character by character. */
export function originList(options: Options<readonly string[]>) {
  return setting<readonly string[], readonly string[]>(options, {
    expected: 'a list of origins such as https://app.example.com, without a path',
    read: (raw, refuse) => {
      const items = readList(raw);
      if (items?.some((item) => item.includes('*'))) {
        return refuse('must name each origin: a wildcard would let any web page use the tools of whoever visits it');
      }
      return items?.every((item) => readUrl(item)?.origin === item) ? items : undefined;
    },
    refuses: ['*', 'https://*.example', 'a.example', 'https://a.example/', 'null', 'HTTPS://a.example', [7], null],
  });
}

/** Response headers by name; as an environment variable, a JSON object. */
export function headers(options: Options<Readonly<Record<string, string>>>) {
  // The stream itself depends on these (RFC 9112 §6, WHATWG server-sent events).
  const reserved = ['connection', 'content-encoding', 'content-length', 'content-type', 'transfer-encoding'];
  const isSendable = ([name, value]: [string, unknown]): boolean =>
    /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !reserved.includes(name.toLowerCase())
    && typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value);
  return setting<Readonly<Record<string, string>>, Readonly<Record<string, string>>>(options, {
    expected: `an object of header names and printable texts, without ${reserved.join(', ')}`,
    read: (raw) => {
      const object = typeof raw === 'string' ? readJson(raw) : raw;
      if (typeof object !== 'object' || object === null || Array.isArray(object)) return undefined;
      const entries = Object.entries(object);
      return entries.every(isSendable) ? Object.fromEntries(entries) : undefined;
    },
    refuses: ['X-A: b', '[]', '{"a b":"c"}', '{"a":"b\\r\\nc"}', '{"a":1}', '{"Content-Type":"text/html"}', 7, null],
  });
}

/** A key nobody can guess, never printed. */
export function secret(options: Options<undefined>) {
  return setting<string, undefined>(options, {
    // The second rule refuses what people type while developing: "change-me-change-me-change-me-please".
    expected: 'at least 32 characters with 12 different ones among them (try: openssl rand -base64 48)',
    read: (raw) => (typeof raw === 'string' && raw.length >= 32 && new Set(raw).size >= 12 ? raw : undefined),
    refuses: ['hunter2-hunter2', 'x'.repeat(64), 'abcdefg-'.repeat(8), 7, null],
    secret: true,
  });
}

function within(value: number | undefined, least: number, most: number): number | undefined {
  return value !== undefined && value >= least && value <= most ? value : undefined;
}

function range(least: number, most: number): string {
  return most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of ${least} or more`;
}

function isHostName(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => /^[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?$/i.test(label));
}

/** A YAML sequence, or items between commas. */
export function readList(raw: unknown): string[] | undefined {
  const items = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()).filter(Boolean) : raw;
  return Array.isArray(items) && items.every((item) => typeof item === 'string') ? items : undefined;
}

/** An http or https address; undefined for anything else. */
export function readUrl(raw: unknown): URL | undefined {
  if (typeof raw !== 'string' || raw.includes('*')) return undefined;
  const url = URL.parse(raw);
  return url && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** The value of JSON text; undefined where it is none. */
export function readJson(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
