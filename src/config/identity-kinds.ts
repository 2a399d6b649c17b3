/** The kinds of settings that say who callers are: issuers, shared keys, claims, and rules that make roles of them. */
import { z } from 'zod';
import { readJson, readList, readUrl, setting, type Options } from './kinds.js';

/** A shared key, such as people put into one variable on both sides; `least` characters. Never printed. */
export function sharedKey({ least = 8, ...options }: Options<undefined> & { least?: number }) {
  return setting<string, undefined>(options, {
    expected: `at least ${least} printable characters without spaces (try: openssl rand -base64 48)`,
    read: (raw) => (typeof raw === 'string' && raw.length >= least && raw.length <= 4096 && /^[\x21-\x7e]+$/.test(raw) ? raw : undefined),
    refuses: ['short', 'with space in between', 'ümlaute-ümlaute', 7, null],
    secret: true,
  });
}

/** The identifier of an issuer, character by character: a slash at its end belongs to it (RFC 8414 §3.3). */
export function issuer(options: Options<undefined>) {
  return setting<string, undefined>(options, {
    expected: 'an https address such as https://login.example.com/, exactly as the issuer spells it',
    read: (raw) => (isIssuer(raw) ? raw : undefined),
    refuses: ['login.example.com', 'http://login.example.com', 'https://a:b@c.example', 'https://a.example?b', 'https://*', null, 7],
  });
}

/** Several of them. */
export function issuerList(options: Options<readonly string[]>) {
  return setting<readonly string[], readonly string[]>(options, {
    expected: 'a list of https addresses such as https://login.example.com/, exactly as each issuer spells it',
    read: (raw) => {
      const items = readList(raw);
      return items?.every(isIssuer) ? items : undefined;
    },
    refuses: ['login.example.com', 'http://login.example.com', ['https://a:b@c.example'], 'https://a.example?b', 'https://*', null, 7],
  });
}

function isIssuer(raw: unknown): raw is string {
  const url = readUrl(raw);
  if (!url || url.username !== '' || url.password !== '' || /[?#]/.test(url.href)) return false;
  return url.protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
}

/** Words without spaces or quotes: roles, scopes, names of claims, audiences. */
export function wordList(options: Options<readonly string[]>) {
  return setting<readonly string[], readonly string[]>(options, {
    expected: 'a list of words without spaces or quotes',
    read: (raw) => {
      const items = readList(raw);
      return items?.every((item) => /^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(item)) ? items : undefined;
    },
    refuses: ['a b', '"a"', ['a', 7], 7, null, {}],
  });
}

const aliases = z.record(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/), z.array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/)));

/** Scopes of ours by the scope of somebody else; as an environment variable, a JSON object. */
export function scopeAliases(options: Options<Readonly<Record<string, readonly string[]>>>) {
  return setting<Readonly<Record<string, readonly string[]>>, Readonly<Record<string, readonly string[]>>>(options, {
    expected: 'an object of scopes and the lists of scopes they stand for',
    read: (raw) => aliases.safeParse(typeof raw === 'string' ? readJson(raw) : raw).data,
    refuses: ['a', '[]', '{"a":"b"}', '{"a b":["c"]}', 7, null],
  });
}

const pattern = z.string().max(512).refine((text) => {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
});

const rule = z.strictObject({
  claim: z.string().min(1),
  equals: z.union([z.string(), z.number(), z.boolean()]).optional(),
  contains: z.string().min(1).optional(),
  matches: pattern.optional(),
  role: z.string().regex(/^[\w.:-]{1,64}$/),
}).refine(({ equals, contains, matches }) => [equals, contains, matches].filter((test) => test !== undefined).length === 1);

/** Who has what at the identity provider gets which role here. Exactly one of the three tests is there. */
export type RoleRule = z.output<typeof rule>;

/** Rules that make roles of claims; as an environment variable, a JSON array. */
export function roleRules(options: Options<readonly RoleRule[]>) {
  return setting<readonly RoleRule[], readonly RoleRule[]>(options, {
    expected: 'a list of rules such as {claim: groups, contains: mcp-admins, role: admin}, each with one of equals, contains, matches',
    read: (raw) => z.array(rule).safeParse(typeof raw === 'string' ? readJson(raw) : raw).data,
    refuses: ['a', '{}', '[{"claim":"a","role":"b"}]', '[{"claim":"a","matches":"(","role":"b"}]', '[{"claim":"a","equals":"b","contains":"c","role":"d"}]', 7, null],
  });
}
