/** Reads `config/roles.yaml`: which role may use what, which scopes a role can be granted, which scope covers which. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { SettingsError } from '../config/load.js';
import type { AccessKind } from '../protocol/access.js';

const name = z.string().min(1).max(256);
const offer = z.strictObject({ tools: z.array(name).optional(), resources: z.array(name).optional(), prompts: z.array(name).optional() });
const document = z.strictObject({
  everyone: offer.optional(),
  public: offer.optional(),
  roles: z.record(z.string().regex(/^[\w.:-]{1,64}$/), offer.extend({ scopes: z.array(name).optional() })).optional(),
  implies: z.record(name, z.array(name)).optional(),
});

/** Who may use something, by configuration. */
export interface Mapped {
  public: boolean;
  everyone: boolean;
  roles: ReadonlySet<string>;
}

type Document = z.output<typeof document>;
type Offer = z.output<typeof offer>;
type Test = (name: string) => boolean;

const MEMBERS = { tool: 'tools', resource: 'resources', prompt: 'prompts' } as const satisfies Record<AccessKind, keyof Offer>;

export class RoleMap {
  readonly #public: Record<AccessKind, Test>;
  readonly #everyone: Record<AccessKind, Test>;
  readonly #roles: [string, Record<AccessKind, Test>][];

  constructor(private readonly source: Document) {
    this.#public = testsOf(source.public);
    this.#everyone = testsOf(source.everyone);
    this.#roles = Object.entries(source.roles ?? {}).map(([role, offered]) => [role, testsOf(offered)]);
  }

  /** Reads a file; without one, `config/roles.yaml` here or in the package. Throws `SettingsError`. */
  static read(file: string | undefined): RoleMap {
    const path = file ?? [join('config', 'roles.yaml'), packagedFile()].find((candidate) => candidate !== undefined && existsSync(candidate));
    if (path === undefined) return new RoleMap({});
    return RoleMap.parse(contentOf(path), path);
  }

  /** Throws `SettingsError` with every fault, each with its place. */
  static parse(content: string, path: string): RoleMap {
    const yaml = parseDocument(content, { prettyErrors: false });
    const [broken] = yaml.errors;
    if (broken) throw new SettingsError([`${path} is not YAML: ${broken.code}`]);
    const read = document.safeParse(yaml.toJS() ?? {});
    if (!read.success) throw new SettingsError(read.error.issues.map((issue) => `${issue.path.map(String).join('.') || 'the whole'} in ${path}: ${issue.message}`));
    return new RoleMap(read.data);
  }

  /** True for a role the map speaks of, and for `admin`, which may do everything. */
  names(role: string): boolean {
    return role === 'admin' || Object.hasOwn(this.source.roles ?? {}, role);
  }

  /** Undefined for what no line names. */
  find(kind: AccessKind, named: string): Mapped | undefined {
    const open = this.#public[kind](named);
    const everyone = this.#everyone[kind](named);
    const roles = new Set(this.#roles.filter(([, offers]) => offers[kind](named)).map(([role]) => role));
    return open || everyone || roles.size > 0 ? { public: open, everyone, roles } : undefined;
  }

  /**
   * True when one of the roles can be granted the scope. A role that lists no scopes can have all but those of
   * administration, such as `admin:users` or `mcp:admin`; so can somebody without any role that stands in the map. Beside
   * a role that does, one that does not adds nothing: providers send groups nobody here has heard of.
   */
  mayHold(roles: readonly string[], scope: string): boolean {
    if (roles.includes('admin')) return true;
    const known = this.source.roles ?? {};
    const limits = roles.filter((role) => Object.hasOwn(known, role)).map((role) => known[role]?.scopes);
    if (limits.some((limit) => limit?.some((held) => this.covers(held, scope)))) return true;
    const isUnlimited = limits.length === 0 || limits.includes(undefined);
    return isUnlimited && !scope.split(/[:./]/).includes('admin');
  }

  /** True when holding one scope is as good as holding the other (2026-07-28 authorization, "Step-Up Authorization Flow"). */
  covers(held: string, wanted: string): boolean {
    return fitsScope(held, wanted) || this.#implied(held, wanted, new Set());
  }

  #implied(held: string, wanted: string, seen: Set<string>): boolean {
    if (seen.has(held)) return false;
    seen.add(held);
    // A scope may be called `constructor`.
    const implies = this.source.implies ?? {};
    const implied = Object.hasOwn(implies, held) ? implies[held] ?? [] : [];
    return implied.some((scope) => fitsScope(scope, wanted) || this.#implied(scope, wanted, seen));
  }
}

/** `files:*` covers `files:read`; `files` does not: a name that happens to begin another one grants nothing. */
function fitsScope(held: string, wanted: string): boolean {
  return held === wanted || held === '*' || (held.endsWith(':*') && wanted.startsWith(held.slice(0, -1)));
}

function testsOf(offered: Offer = {}): Record<AccessKind, Test> {
  const test = (kind: AccessKind): Test => matcher(offered[MEMBERS[kind]] ?? []);
  return { tool: test('tool'), resource: test('resource'), prompt: test('prompt') };
}

/** True for names equal to one of the patterns, where `*` stands for any characters. */
function matcher(patterns: readonly string[]): Test {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')));
  const globs = patterns.filter((pattern) => pattern.includes('*')).map((pattern) => pattern.split(/\*+/));
  return (named) => exact.has(named) || globs.some((pieces) => fits(named, pieces));
}

/** The pieces of a pattern stand in this order, the first at the begin and the last at the end: no expression to run away. */
function fits(named: string, pieces: readonly string[]): boolean {
  const [first = '', ...rest] = pieces;
  const last = rest.pop() ?? '';
  if (named.length < first.length + last.length || !named.startsWith(first) || !named.endsWith(last)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = named.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= named.length - last.length;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new SettingsError([`${path} cannot be read (${reason})`]);
  }
}

function packagedFile(from = import.meta.dirname): string | undefined {
  const path = join(from, 'config', 'roles.yaml');
  if (existsSync(join(from, 'package.json'))) return path;
  return dirname(from) === from ? undefined : packagedFile(dirname(from));
}
