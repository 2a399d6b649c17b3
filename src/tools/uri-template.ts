/** RFC 6570 templates read backwards: which variables make a given URI (levels 1 to 3, as MCP servers use them). */

/** The variables of a matched URI, percent-decoded; none has a `..` segment or a NUL. */
export type TemplateVariables = Record<string, string>;

const MAX_URI = 8192;
const MAX_EXPRESSIONS = 32;
const VARIABLE = /^[A-Za-z0-9_.%]+$/;
// What would lead an author who joins it to a path out of his folder (reliability row D4); no name needs it.
const CLIMBS = /(?:^|[/\\])\.\.(?:[/\\]|$)|\0/;

/** A compiled template. */
export interface UriTemplate {
  /** The names of its variables, in order. */
  variables: readonly string[];
  /** The variables of a URI that the template can make; undefined for any other. Linear in the length of the URI. */
  match(uri: string): TemplateVariables | undefined;
}

interface Part {
  literal: string;
  /** Absent on the last literal. */
  name?: string;
  /** `{+x}` may span slashes; `{x}` may not. */
  reserved?: boolean;
}

/** Compiles a template. Throws an Error with the reason where it is malformed or beyond what is supported. */
export function compileUriTemplate(template: string): UriTemplate {
  const parts = parse(template);
  return {
    variables: parts.flatMap((part) => (part.name === undefined ? [] : [part.name])),
    match: (uri) => (uri.length > MAX_URI ? undefined : match(parts, uri)),
  };
}

function parse(template: string): Part[] {
  const parts: Part[] = [];
  let rest = template;
  for (;;) {
    const open = rest.indexOf('{');
    if (open < 0) break;
    const close = rest.indexOf('}', open);
    if (close < 0) throw new Error(`the URI template ${template} has an unclosed expression`);
    const expression = rest.slice(open + 1, close);
    const reserved = expression.startsWith('+');
    const name = reserved ? expression.slice(1) : expression;
    if (!VARIABLE.test(name)) throw new Error(`the URI template ${template} uses {${expression}}; {name} and {+name} are supported`);
    if (parts.length > 0 && open === 0) throw new Error(`the URI template ${template} has two expressions side by side`);
    if (parts.some((part) => part.name === name)) throw new Error(`the URI template ${template} names ${name} twice`);
    parts.push({ literal: rest.slice(0, open), name, reserved });
    rest = rest.slice(close + 1);
  }
  if (parts.length > MAX_EXPRESSIONS) throw new Error(`the URI template ${template} has more than ${MAX_EXPRESSIONS} expressions`);
  return [...parts, { literal: rest }];
}

// Each variable ends at the first place its following literal stands; the last one takes the rest. No backtracking.
function match(parts: readonly Part[], uri: string): TemplateVariables | undefined {
  const found: TemplateVariables = Object.create(null);
  const first = parts[0];
  if (!first || !uri.startsWith(first.literal)) return undefined;
  let at = first.literal.length;
  for (let index = 0; index < parts.length - 1; index++) {
    const part = parts[index];
    const next = parts[index + 1];
    if (!part?.name || !next) return undefined;
    const last = next.name === undefined;
    const end = last ? uri.length - next.literal.length : uri.indexOf(next.literal, at);
    if (end < at || !uri.startsWith(next.literal, end)) return undefined;
    const text = uri.slice(at, end);
    if (text === '' || (!part.reserved && /[/?#]/.test(text))) return undefined;
    const decoded = decode(text);
    if (decoded === undefined || CLIMBS.test(decoded)) return undefined;
    found[part.name] = decoded;
    at = end + next.literal.length;
  }
  return at === uri.length ? { ...found } : undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
